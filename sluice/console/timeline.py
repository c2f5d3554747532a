"""A run over time as rows: visits of states with a bar each, and events. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.runs import cause
from sluice.graph.svg import anchor
from sluice.runs.history import Event, StateVisit, event_details
from sluice.runs.tracing import span
from sluice.terminal.clocktext import duration_text

_LEAST_WIDTH = 0.4
"""Percent: a bar that is seen, however short the visit was."""

_LEAST_SECONDS = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One visit; `start` and `width` of its bar are percent of the run's time so far."""

    number: int
    id: str
    """There once for each state: where the graph's states lead to."""
    name: str
    depth: int
    status: str
    after: str
    took: str
    retries: int
    why: str
    start: float
    width: float


def rows(visits: Sequence[StateVisit], now: datetime) -> list[Row]:
    """A row for each visit, in the order in which states were entered."""
    if not visits:
        return []
    began, end = span(visits, now)
    whole = max((end - began).total_seconds(), _LEAST_SECONDS)
    seen: set[str] = set()
    made = []
    for number, visit in enumerate(visits):
        after, took = (visit.started_at - began).total_seconds(), visit.seconds(now)
        start = min(100 * after / whole, 100 - _LEAST_WIDTH)
        made.append(
            Row(
                number=number,
                id="" if visit.name in seen else f"row-{anchor(visit.name)}",
                name=visit.name if visit.item is None else f"{visit.name} [{visit.item}]",
                depth=min(visit.depth, 3),
                status=visit.status.lower(),
                after=duration_text(after),
                took=duration_text(took),
                retries=visit.retries,
                why=cause.sentence(visit.error, visit.cause),
                start=round(start, 2),
                width=round(min(max(_LEAST_WIDTH, 100 * took / whole), 100 - start), 2),
            )
        )
        seen.add(visit.name)
    return made


def event_row(event: Event, first: Event) -> dict[str, object]:
    """An event of a history as a table has it; `after` is seconds since the first."""
    details = event_details(event)
    after = (event["timestamp"] - first["timestamp"]).total_seconds()
    return {
        "id": event["id"],
        "after": max(0.0, after),
        "type": event["type"],
        "state": details.get("name", details.get("resource", "")),
        "error": cause.sentence(details.get("error", ""), details.get("cause", "")),
    }
