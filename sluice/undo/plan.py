"""What becomes of each row that a run wrote, when the run is undone: pure decisions, no AWS.

| the table holds | what was there before | the row is |
| --- | --- | --- |
| this run's row | nothing | deleted |
| this run's row | an item | restored to it |
| this run's row | nobody knows | unknown: left, or deleted if that is asked for |
| what was there before | known | done already |
| anything else | any | another's: left alone |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from pipeline.rows.items import Item, contents, source_version, written_by

SHOWN_KEYS = 3
"""Of each kind, in a plan."""


class Fate(StrEnum):
    """What an undo does about one row."""

    DELETE = "delete"
    RESTORE = "restore"
    UNKNOWN = "unknown"
    DONE = "done"
    LEFT = "left"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row that a run may have put into the table."""

    key: Item
    version: str
    """Of its source."""
    known: bool
    """Whether it is known what was there before."""
    before: Item | None = None
    """What was there before, if that is known; `None`: nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One row, and what is to be done about it."""

    row: Row
    fate: Fate


@dataclass(slots=True)
class Plan:
    """How many rows meet which fate, and the first keys of each."""

    rows: Counter[Fate] = field(default_factory=Counter)
    keys: dict[Fate, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, steps: Iterable[Step]) -> Self:
        """Count steps."""
        plan = cls()
        for step in steps:
            plan.rows[step.fate] += 1
            shown = plan.keys.setdefault(step.fate, [])
            if len(shown) < SHOWN_KEYS:
                shown.append(key_text(step.row.key))
        return plan

    @property
    def stays(self) -> int:
        """Rows of the run that stay in the table, as nobody knows what was there before."""
        return self.rows[Fate.UNKNOWN]


def decide(row: Row, current: Item | None, *, run_id: str, delete_unknown: bool) -> Step:
    """Return what is to be done about a row, given what the table holds under its key."""
    if current is None or not is_of(current, run_id=run_id, version=row.version):
        done = row.known and _same(current, row.before)
        return Step(row=row, fate=Fate.DONE if done else Fate.LEFT)
    if not row.known:
        return Step(row=row, fate=Fate.DELETE if delete_unknown else Fate.UNKNOWN)
    return Step(row=row, fate=Fate.DELETE if row.before is None else Fate.RESTORE)


def is_of(item: Item, *, run_id: str, version: str) -> bool:
    """Whether an item is what a run wrote from this version of a file."""
    return written_by(item) == run_id and source_version(item) == version


def key_text(key: Item) -> str:
    """A key in short.

    >>> key_text({"id": {"S": "p-1"}, "n": {"N": "7"}})
    'p-1/7'
    """
    return "/".join(str(next(iter(value.values()))) for value in key.values())


def _same(one: Item | None, other: Item | None) -> bool:
    if one is None or other is None:
        return one is other
    return contents(one) == contents(other) and source_version(one) == source_version(other)
