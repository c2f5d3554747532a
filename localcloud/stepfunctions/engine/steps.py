"""What changes a branch: each step is written to the journal before it takes effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.stepfunctions.query.scope import Json


@dataclass(frozen=True, slots=True)
class Enter:
    """The branch entered its state by its latest event, at `at` seconds since the epoch."""

    at: float


@dataclass(frozen=True, slots=True)
class Leave:
    """The branch left its state for another one (None: it ended) with an output."""

    next: str | None
    text: str
    assigned: Mapping[str, Json] | None


@dataclass(frozen=True, slots=True)
class Retry:
    """The state will be tried again; `attempts` counts by retrier."""

    attempts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """What the state's work found out and will need after a restart, such as a job's id."""

    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fork:
    """The state will run so many branches of its own."""

    count: int


@dataclass(frozen=True, slots=True)
class Begin:
    """One of these branches began, with an input and, in a Map, its item."""

    index: int
    text: str
    map_item: Json


@dataclass(frozen=True, slots=True)
class Reset:
    """A redrive: what the unfinished state knew of its former attempt is void."""

    keep_children: bool
    keep_mark: bool
    reenter: bool


Step = Enter | Leave | Retry | Mark | Fork | Begin | Reset
