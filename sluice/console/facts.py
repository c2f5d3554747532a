"""What the console's pages show, as plain values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline import cause
from sluice.clocktext import duration_text
from sluice.graph.svg import anchor
from sluice.history import StateVisit


def visit_rows(visits: Sequence[StateVisit], now: datetime) -> list[dict[str, Any]]:
    """A table row for each visit of a state; `id` is there once for each state."""
    seen: set[str] = set()
    rows = []
    for visit in visits:
        rows.append(
            {
                "id": "" if visit.name in seen else f"row-{anchor(visit.name)}",
                "name": visit.name if visit.item is None else f"{visit.name} [{visit.item}]",
                "depth": min(visit.depth, 3),
                "status": visit.status.lower(),
                "after": _after(visit, visits[0]),
                "took": duration_text(visit.seconds(now)),
                "retries": str(visit.retries or ""),
                "error": visit.error,
                "cause": cause.plain(visit.cause),
            }
        )
        seen.add(visit.name)
    return rows


def _after(visit: StateVisit, first: StateVisit) -> str:
    return f"{(visit.started_at - first.started_at).total_seconds():.1f} s"
