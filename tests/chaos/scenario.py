"""What one seed does to the pipeline: files, the order they come in, and what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Rule = dict[str, Any]

HEADER = "id,location_id,address_1,city,state_province"
STREETS = (
    "24 Second Avenue",
    "Rue de l'Église 7",
    '12 "Old" Mill, Unit 3',
    "大通り 5",
    "Calle Ñandú 9",
)


LARGE = 0.3
"""Of the files: so many rows that most of them are inserted in batches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of a file; a row without an id breaks the contract."""

    id: str
    address: str

    @property
    def valid(self) -> bool:
        return bool(self.id)

    def as_item(self) -> dict[str, str]:
        return {
            "id": self.id,
            "location_id": "1",
            "address_1": self.address,
            "city": "Town",
            "state_province": "CA",
        }

    def as_csv(self) -> str:
        address = self.address.replace('"', '""')
        return f'{self.id},1,"{address}",Town,CA'


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    """One version of one file."""

    name: str
    rows: tuple[Row, ...]
    poisoned: bool

    def body(self) -> bytes:
        text = "\n".join([HEADER, *(row.as_csv() for row in self.rows)]) + "\n"
        return text.encode() + (b'x,1,"never closed' if self.poisoned else b"")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """All that a seed decides."""

    seed: int
    drops: tuple[Drop, ...]
    rules: tuple[Rule, ...]
    approve: bool
    answers: int
    stop_after_events: int | None
    ordered: str | None
    """What a person's order says about the files of the run that is stopped; None: no order."""
    picked_up: bool
    """Whether the schedule looks for files between the stop and whatever comes next."""
    redriven: bool
    contradicted: bool
    """Whether every second question is answered the other way round."""
    undone: bool
    """Whether a person takes back, under faults, what one of the runs has loaded."""


def scenario(seed: int) -> Scenario:
    """The scenario of a seed: the same one each time."""
    dice = random.Random(seed)  # noqa: S311 - a replayable choice, no secret
    names = [f"c{seed}-{letter}.csv" for letter in "abc"[: dice.randint(1, 3)]]
    drops = tuple(
        _drop(dice, seed, number, dice.choice(names)) for number in range(dice.randint(2, 4))
    )
    return Scenario(
        seed=seed,
        drops=drops,
        rules=tuple(make(dice, seed) for make in dice.sample(INJECTORS, dice.randint(2, 4))),
        approve=dice.random() < 0.6,
        answers=dice.randint(2, 8),
        stop_after_events=dice.randint(5, 60) if dice.random() < 0.5 else None,
        ordered=dice.choice([None, None, "leave", "retry", "quarantine"]),
        picked_up=dice.random() < 0.6,
        redriven=dice.random() < 0.6,
        contradicted=dice.random() < 0.5,
        undone=dice.random() < 0.5,
    )


def _drop(dice: random.Random, seed: int, number: int, name: str) -> Drop:
    ids = dice.sample(range(8), dice.randint(2, 6))
    if dice.random() < LARGE:
        ids += range(8, 130)
    rows = [Row(id=f"c{seed}-{i}", address=f"{dice.choice(STREETS)} #{number}") for i in ids]
    if dice.random() < 0.3:
        rows.insert(dice.randrange(len(rows)), Row(id="", address=f"nobody #{number}"))
    return Drop(name=name, rows=tuple(rows), poisoned=dice.random() < 0.1)


def _events(action: str, **more: Any) -> Callable[[random.Random, int], Rule]:
    return lambda dice, seed: {
        action: "s3",
        "resource": f"c{seed}-",
        "probability": dice.choice([0.5, 1.0]),
        **more,
    }


def _calls(service: str, operation: str, **more: Any) -> Callable[[random.Random, int], Rule]:
    return lambda dice, seed: {
        "service": service,
        "operation": operation,
        "caller": "function",
        "skip": dice.randint(0, 6),
        "count": dice.randint(1, 5),
        **more,
    }


def _kills(service: str, operation: str) -> Callable[[random.Random, int], Rule]:
    return lambda dice, seed: {
        "service": service,
        "operation": operation,
        "caller": "function",
        "kill_caller": dice.choice(["before", "after"]),
        "skip": dice.randint(0, 4),
        "count": dice.randint(1, 2),
    }


INJECTORS: tuple[Callable[[random.Random, int], Rule], ...] = (
    _events("duplicate_events", copies=5),
    _events("drop_events"),
    _events("delay_events", seconds=0.5),
    _calls("dynamodb", "PutItem", error="throttle"),
    _calls("dynamodb", "PutItem", error="fault"),
    _calls("dynamodb", "PutItem", lose_reply=True),
    _calls("dynamodb", "BatchExecuteStatement", error="throttle"),
    _calls("dynamodb", "BatchExecuteStatement", lose_reply=True),
    _kills("dynamodb", "BatchExecuteStatement"),
    _calls("dynamodb", "UpdateItem", error="throttle", caller="any"),
    _calls("dynamodb", "UpdateItem", lose_reply=True, caller="any"),
    _calls("dynamodb", "Query", error="fault"),
    _calls("s3", "GetObject", error="throttle"),
    _calls("s3", "PutObject", lose_reply=True),
    _calls("s3", "CopyObject", error="fault"),
    _calls("s3", "CopyObject", lose_reply=True),
    _calls("s3", "DeleteObject", lose_reply=True),
    _calls("sns", "Publish", error="fault"),
    _calls("states", "StartExecution", lose_reply=True),
    _calls("states", "SendTaskSuccess", lose_reply=True),
    _calls("states", "SendTaskSuccess", error="fault"),
    _calls("lambda", "Invoke", error="throttle", caller="any"),
    _kills("dynamodb", "PutItem"),
    _kills("dynamodb", "UpdateItem"),
    _kills("s3", "CopyObject"),
    _kills("s3", "DeleteObject"),
    _kills("s3", "PutObject"),
    _kills("sns", "Publish"),
)
"""Every kind of fault that can be put between a client and the local cloud."""
