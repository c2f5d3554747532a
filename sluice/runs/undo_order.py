"""An order to undo a run: who gave it, when and why, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

BEGUN = "BEGUN"
DONE = "DONE"
PARTLY = "PARTLY"
"""Rows stay in the table whose former items are unknown, and so the files stay in the archive."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Who undid a run, when and why, and how far that has come."""

    by: str
    at: str
    comment: str
    state: str
    counts: Mapping[str, int]

    @property
    def words(self) -> str:
        """The order in a line."""
        done = {BEGUN: "begun", DONE: "done", PARTLY: "done but for rows that stay"}[self.state]
        why = f": {self.comment}" if self.comment else ""
        return f"{done} by {self.by} at {self.at}{why}"

    @classmethod
    def parse(cls, document: Mapping[str, Any] | None) -> Self | None:
        """Read what stands on a run's record; None if nobody undid it."""
        if not document:
            return None
        counts = {name: int(number) for name, number in document["counts"].items()}
        return cls(
            **{name: document[name] for name in ("by", "at", "comment", "state")}, counts=counts
        )
