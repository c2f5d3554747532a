"""A run as a timeline and as a graph of the services that it called. Pure.

Both come from the execution's history, which holds the times of every state; nothing has to be
sampled, and nothing is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sluice.runs.history import FAILED, SUCCEEDED, StateVisit
from sluice.terminal.clocktext import elapsed

BAR_CHARACTERS = 40
_FULL, _EMPTY = "█", "·"


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """What a run asked of one function, job or table; `seconds` with waiting and retries."""

    service: str
    target: str
    states: tuple[str, ...]
    calls: int
    retries: int
    failed: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Something within a step that took time: an attempt, a state inside, a part."""

    name: str
    status: str
    began_at: datetime
    ended_at: datetime | None
    told: str = ""
    """The error, if it failed."""

    def seconds(self, now: datetime) -> float:
        """How long it took, or has taken by now."""
        return elapsed(self.began_at, self.ended_at, now)


def spans_of(
    visits: Sequence[StateVisit], index: int, targets: Mapping[str, tuple[str, str]]
) -> list[Span]:
    """What a visit consists of: the states inside a Map, or else the calls that it made."""
    visit = visits[index]
    inside = list(takewhile(lambda each: each.depth > visit.depth, visits[index + 1 :]))
    if inside:
        return [state_span(each) for each in inside]
    target = " ".join(targets.get(visit.name, ("call",)))
    return [
        Span(
            name=f"{target}, attempt {number}" if len(visit.tries) > 1 else target,
            status=FAILED if each.error else SUCCEEDED if each.ended_at else visit.status,
            began_at=each.began_at,
            ended_at=each.ended_at,
            told=each.error,
        )
        for number, each in enumerate(visit.tries, 1)
    ]


def state_span(visit: StateVisit) -> Span:
    """A visit as something that took time."""
    return Span(
        name=visit.label,
        status=visit.status,
        began_at=visit.started_at,
        ended_at=visit.ended_at,
        told=visit.error,
    )


def bar(visit: StateVisit, began: datetime, ended: datetime, now: datetime) -> str:
    """Where a visit lies between the run's beginning and its end.

    At least one character is full, however short the visit.
    """
    whole = max((ended - began).total_seconds(), 0.001)
    start = (visit.started_at - began).total_seconds() / whole
    first = min(int(start * BAR_CHARACTERS), BAR_CHARACTERS - 1)
    share = visit.seconds(now) / whole
    length = max(1, min(round(share * BAR_CHARACTERS), BAR_CHARACTERS - first))
    return (_EMPTY * first + _FULL * length).ljust(BAR_CHARACTERS, _EMPTY)


def span(visits: Sequence[StateVisit], now: datetime) -> tuple[datetime, datetime]:
    """When the first visit began and the last one ended; `now`, if one has not."""
    ends = [visit.ended_at or now for visit in visits]
    return min(visit.started_at for visit in visits), max(ends)


def service_calls(
    visits: Sequence[StateVisit], targets: Mapping[str, tuple[str, str]], now: datetime
) -> Iterator[Calls]:
    """Yield what was asked of each target that `targets` names for a state, the slowest first."""
    by_target: defaultdict[tuple[str, str], list[StateVisit]] = defaultdict(list)
    for visit in visits:
        if visit.name in targets:
            by_target[targets[visit.name]].append(visit)
    found = [_calls(target, asked, now) for target, asked in by_target.items()]
    yield from sorted(found, key=lambda calls: calls.seconds, reverse=True)


def _calls(target: tuple[str, str], visits: Sequence[StateVisit], now: datetime) -> Calls:
    return Calls(
        service=target[0],
        target=target[1],
        states=tuple(dict.fromkeys(visit.name for visit in visits)),
        calls=sum(max(visit.attempts, 1) for visit in visits),
        retries=sum(visit.retries for visit in visits),
        failed=sum(visit.status == FAILED for visit in visits),
        seconds=round(sum(visit.seconds(now) for visit in visits), 3),
    )


def targets_of(definition: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The service and the resource that each state of a machine asks, by the state's name.

    >>> machine = {"States": {"A": {"Resource": "arn:aws:states:::lambda:invoke",
    ...     "Arguments": {"FunctionName": "arn:aws:lambda:r:1:function:f:7"}}}}
    >>> targets_of(machine)
    {'A': ('lambda', 'f')}
    """
    found: dict[str, tuple[str, str]] = {}
    for name, state in definition["States"].items():
        if resource := state.get("Resource"):
            found[name] = (_service(resource), _resource_name(state))
        elif kind := state.get("Type") == "Map" and state.get("ItemReader", {}).get("Resource"):
            found[name] = (_service(str(kind)), "list of parts")
        if inner := state.get("ItemProcessor"):
            found |= targets_of(inner)
    return found


def _service(resource: str) -> str:
    """The sixth part of an ARN; whatever is none yet will be that of an activity."""
    return (resource.split(":")[5:] or ["activity"])[0]


def _resource_name(state: Mapping[str, Any]) -> str:
    """The function, job or table that a Task names."""
    arguments = state.get("Arguments", {})
    for member in ("FunctionName", "JobName", "TableName"):
        if member in arguments:
            name = str(arguments[member])
            return name.split(":")[6] if name.startswith("arn:") else name
    return str(state["Resource"].rpartition(":")[2])
