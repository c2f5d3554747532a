"""A run's progress on stderr: one line for each finished state, a live line on a terminal."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TextIO

from sluice.runs.history import CAUGHT, FAILED, RUNNING, WAITING, StateVisit
from sluice.runs.loading import Loading
from sluice.terminal.clocktext import duration_text
from sluice.terminal.output import paint, redraw

# States that take time; a Choice or a Pass is over before anybody can read its name.
_SHOWN = frozenset({"Task", "Map", "Parallel", "Wait"})
# Items of a Map beyond which only the Map itself is shown.
_ITEMS_SHOWN = 3
_NAME_WIDTH = 24
_LATER = datetime.max.replace(tzinfo=UTC)

_Key = tuple[str, datetime, int | None]


class Progress:
    """Prints what has changed since it was last told; each visit is finished once."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._seen: dict[_Key, float] = {}
        self._told: set[tuple[_Key, str]] = set()

    @property
    def live(self) -> bool:
        """Whether somebody watches what goes on."""
        return self._stream.isatty()

    def show(self, visits: Sequence[StateVisit], loading: Loading | None = None) -> None:
        """Tell what has finished or waits, and on a terminal what goes on."""
        shown = [visit for visit in visits if _is_shown(visit, visits)]
        ended = sorted(shown, key=lambda visit: (visit.ended_at or _LATER, -visit.depth))
        lines = [line for visit in ended if (line := self._news(visit, visits[0].started_at))]
        redraw(self._stream, lines, self._live_line(shown, loading))

    def skip(self, visits: Sequence[StateVisit]) -> None:
        """Take what has ended or waits for told: somebody has seen it before."""
        for visit in visits:
            if visit.ended_at is not None or visit.status == WAITING:
                self._told.add((_key(visit), visit.status))

    def clear(self) -> None:
        """Take the live line away, before something else is printed."""
        redraw(self._stream, (), "")

    def _news(self, visit: StateVisit, start: datetime) -> str | None:
        key = _key(visit)
        self._seen.setdefault(key, self._clock())
        finished = visit.ended_at is not None
        if (not finished and visit.status != WAITING) or (key, visit.status) in self._told:
            return None
        self._told.add((key, visit.status))
        at = visit.ended_at or visit.started_at
        return visit_line(visit, (at - start).total_seconds())

    def _live_line(self, shown: Sequence[StateVisit], loading: Loading | None) -> str:
        going = [visit for visit in shown if visit.status == RUNNING and visit.ended_at is None]
        if not going:
            return ""
        visit = going[-1]
        seen = self._seen[_key(visit)]
        text = f"          … {visit.name} {self._clock() - seen:.1f} s"
        if loading and loading.state == visit.name:
            text += f", {loading.text}"
        return text[: shutil.get_terminal_size().columns - 1]


def visit_line(visit: StateVisit, elapsed_seconds: float) -> str:
    """One finished or waiting visit, with the time since the run began."""
    name = "  " * visit.depth + visit.name
    took = "" if visit.ended_at is None else duration_text(visit.seconds(visit.ended_at))
    notes = [took] if took else []
    if visit.length:
        notes.append(f"{visit.length} {'item' if visit.length == 1 else 'items'}")
    if visit.retries:
        notes.append(f"{visit.retries} {'retry' if visit.retries == 1 else 'retries'}")
    if visit.status == WAITING:
        notes.append("waits for a person")
    elif visit.status in {CAUGHT, FAILED} and visit.error:
        notes.append(visit.error)
    mark = _MARKS.get(visit.status, "·")
    return f"{elapsed_seconds:7.1f} s {mark} {name:<{_NAME_WIDTH}} {', '.join(notes)}".rstrip()


_MARKS = {
    "SUCCEEDED": paint("✓", "green"),
    WAITING: paint("?", "yellow"),
    CAUGHT: paint("!", "yellow"),
    FAILED: paint("✗", "red"),
    "ABORTED": paint("✗", "red"),
}


def _key(visit: StateVisit) -> _Key:
    return visit.name, visit.started_at, visit.item


def _is_shown(visit: StateVisit, visits: Sequence[StateVisit]) -> bool:
    if visit.kind not in _SHOWN:
        return False
    if visit.depth == 0:
        return True
    longest = max((each.length or 0 for each in visits), default=0)
    return longest <= _ITEMS_SHOWN
