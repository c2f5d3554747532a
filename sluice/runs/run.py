"""A run as an operator sees it: an execution, its record and its approval as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from pipeline.runs import cause, settlement
from pipeline.words import row_counts
from sluice.runs.undo_order import Order
from sluice.stack import control
from sluice.terminal.clocktext import elapsed
from sluice.terminal.exits import Exit

RUNNING = "RUNNING"
WAITING = "WAITING"
FAILED = settlement.FAILED
FORGOTTEN = "FORGOTTEN"
"""The status of an execution that Step Functions no longer knows, 90 days after its end."""
GOOD = frozenset({settlement.LOADED, settlement.DUPLICATE})
TERMINAL = settlement.TERMINAL
STATUSES = (RUNNING, WAITING, *sorted(TERMINAL))


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Rows of a run; None where the run did not get far enough to know."""

    rows_in: int | None
    valid: int | None
    rejected: int | None
    loaded: int
    replayed: int
    superseded: int
    duplicates: int
    warnings: int

    @property
    def words(self) -> str:
        """The counts in words, without those that are nought; what is new comes first."""
        told = row_counts.in_words(asdict(self))
        return (
            told
            if self.loaded or not self.unchanged
            else f"{row_counts.news(asdict(self))} ({told})"
        )

    @property
    def unchanged(self) -> int:
        """Valid rows that the table had no need of."""
        return self.replayed + self.superseded

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, int]) -> Self:
        """What nobody counted was not loaded; rows that nobody read are unknown."""
        return cls(
            rows_in=numbers.get("rows_in"),
            valid=numbers.get("valid"),
            rejected=numbers.get("rejected"),
            loaded=numbers.get("loaded", 0),
            replayed=numbers.get("replayed", 0),
            superseded=numbers.get("superseded", 0),
            duplicates=numbers.get("duplicates", 0),
            warnings=numbers.get("warnings", 0),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFile:
    """A file version that a run works on; the disposition is None until the run has settled it."""

    key: str
    version_id: str
    disposition: str | None
    destination_uri: str | None

    @property
    def name(self) -> str:
        """The last segment of its key."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What the gate was answered, by whom and when."""

    status: str
    by: str
    comment: str
    decided_at: str

    @classmethod
    def from_record(cls, record: control.Record) -> Self | None:
        """From a run's record; None where nobody was asked or nobody answered."""
        said = record.get("approval") or {}
        if not said.get("by"):
            return None
        return cls(**{name: str(said.get(name, "")) for name in cls.__slots__})


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUp:
    """What a person did about a run afterwards: who, when, what and, if they said so, why."""

    by: str
    at: str
    action: str
    comment: str

    @classmethod
    def from_record(cls, document: Mapping[str, Any]) -> Self:
        """From an entry of a run's record."""
        return cls(**{name: str(document.get(name, "")) for name in cls.__slots__})


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run. `status` is RUNNING, WAITING (for a person) or one of the terminal statuses."""

    run_id: str
    execution_arn: str
    dataset: str
    trigger: str
    status: str
    execution_status: str
    started_at: datetime
    ended_at: datetime | None
    counts: Counts
    files: tuple[RunFile, ...]
    report_uri: str | None
    reason: str
    error: str
    cause: str
    approval_id: str | None
    """Of the question that waits for a person."""
    decision: Decision | None
    """What people answered, once the run has heard of it and ended."""
    taken_over_from: str
    """The runs that decided to load its rows, where nobody was asked again."""
    recorded: bool
    """Whether the control table says how the run ended."""
    follow_ups: tuple[FollowUp, ...] = ()
    """The oldest first."""
    undo: Order | None = None
    """Who has undone it, as far as that has come."""

    @property
    def over(self) -> bool:
        """Whether nothing will happen any more."""
        return self.ended_at is not None

    @property
    def forgotten(self) -> bool:
        """Whether its record is all that is left, without history, definition or redrive."""
        return self.execution_status == FORGOTTEN

    @property
    def why(self) -> str:
        """Why the run did not load, in one sentence; empty where it did or goes on."""
        if not self.over:
            return ""
        return cause.of_run(
            status=self.status, error=self.error, cause=self.cause, reason=self.reason
        )

    @property
    def exit_code(self) -> Exit:
        """What a command that shows this result ends with."""
        if self.status in GOOD:
            return Exit.SUCCEEDED
        return Exit.WAITS if self.status == WAITING else Exit.RUN_FAILED

    def seconds(self, now: datetime) -> float:
        """How long the execution took, or has taken by now."""
        return elapsed(self.started_at, self.ended_at, now)
