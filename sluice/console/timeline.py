"""A run over time as rows: visits of states with a bar each, and events. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pipeline.runs import cause
from sluice.graph.svg import anchor
from sluice.runs.history import Event, StateVisit, event_details
from sluice.runs.tracing import Span, span
from sluice.terminal.clocktext import duration_text

_LEAST_WIDTH = 0.4
"""Percent: a bar that is seen, however short the visit was."""

_LEAST_SECONDS = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """Where something lies in time, in percent of the whole."""

    start: float
    width: float

    @classmethod
    def of(cls, start: float, width: float) -> Self:
        """A bar that is seen, of shares of the whole.

        >>> Bar.of(0.5, 0.25), Bar.of(1.0, 0.0)
        (Bar(start=50.0, width=25.0), Bar(start=99.6, width=0.4))
        """
        begin = min(max(0.0, 100 * start), 100 - _LEAST_WIDTH)
        wide = min(max(_LEAST_WIDTH, 100 * width), 100 - begin)
        return cls(start=round(begin, 2), width=round(wide, 2))


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One visit, and its bar in the run's time so far."""

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
    bar: Bar


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceRow:
    """Something within a step, and its bar in the step's time so far."""

    name: str
    status: str
    took: str
    told: str
    bar: Bar


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
        made.append(
            Row(
                number=number,
                id="" if visit.name in seen else f"row-{anchor(visit.name)}",
                name=visit.label,
                depth=min(visit.depth, 3),
                status=visit.status.lower(),
                after=duration_text(after),
                took=duration_text(took),
                retries=visit.retries,
                why=cause.sentence(visit.error, visit.cause),
                bar=Bar.of(after / whole, took / whole),
            )
        )
        seen.add(visit.name)
    return made


def trace_rows(spans: Sequence[Span], now: datetime) -> list[TraceRow]:
    """A row for each span, in the order in which they began."""
    if not spans:
        return []
    began = min(each.began_at for each in spans)
    end = max(each.ended_at or now for each in spans)
    whole = max((end - began).total_seconds(), _LEAST_SECONDS)
    return [
        TraceRow(
            name=each.name,
            status=each.status.lower(),
            took=duration_text(each.seconds(now)),
            told=each.told,
            bar=Bar.of((each.began_at - began).total_seconds() / whole, each.seconds(now) / whole),
        )
        for each in sorted(spans, key=lambda each: each.began_at)
    ]


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
