"""What an execution's history tells: its events, and the visits of its states. Pure.

A visit is one entry into one state; a state inside a Map is visited once for each item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluice.terminal.clocktext import elapsed

Event = Mapping[str, Any]

RUNNING = "RUNNING"
WAITING = "WAITING"
SUCCEEDED = "SUCCEEDED"
CAUGHT = "CAUGHT"
FAILED = "FAILED"
ABORTED = "ABORTED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One call of a Task. `answered_at` is when what it had called came back.

    One that waits for its token goes on after that; `error` is empty unless it failed.
    """

    began_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StateVisit:
    """One visit of one state.

    `item` is the index in the innermost Map, `depth` the number of Maps and Parallels around it.
    `error` and `cause` are those of the last failed attempt, also when a later one succeeded.
    CAUGHT: the state failed and a Catch took over. `length` is a Map's number of items.
    """

    name: str
    kind: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    attempts: int
    error: str
    cause: str
    depth: int
    item: int | None
    length: int | None
    map_run_arn: str | None
    output: str
    input: str = ""
    arguments: str = ""
    """What the last attempt was called with."""
    answers: tuple[str, ...] = ()
    """What each attempt came back with, result or cause. Texts are there only with data."""
    tries: tuple[Attempt, ...] = ()

    @property
    def label(self) -> str:
        """Its name, inside a Map with the number of its item."""
        return self.name if self.item is None else f"{self.name} [{self.item}]"

    @property
    def retries(self) -> int:
        """Attempts after the first."""
        return max(0, self.attempts - 1)

    def seconds(self, now: datetime) -> float:
        """How long the visit took, or has taken by now."""
        return elapsed(self.started_at, self.ended_at, now)


def event_details(event: Event) -> Mapping[str, Any]:
    """The one member of an event that depends on its type; empty when it has none."""
    return next((value for name, value in event.items() if name.endswith("EventDetails")), {})
