"""The metrics that were kept: a summary for each minute, for as long as the cloud runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from localcloud.cloudwatch.datapoint import Datapoint, Series, Summary, added_up

MINUTE = 60
KEPT_MINUTES = 15 * 24 * 60
"""As on AWS for periods of a minute; a longer past is not kept here."""


class MetricStore:
    """Summaries by metric and minute; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[Series, dict[int, Summary]] = {}
        self._units: dict[Series, str] = {}

    def add(self, datapoints: Iterable[Datapoint]) -> None:
        """Keep values in the minute that they are of."""
        with self._lock:
            for point in datapoints:
                minutes = self._minutes.setdefault(point.series, {})
                minute = int(point.at // MINUTE)
                known = minutes.get(minute)
                minutes[minute] = point.summary if known is None else known + point.summary
                self._units[point.series] = point.unit
                if len(minutes) > KEPT_MINUTES:
                    del minutes[min(minutes)]

    def summary(self, series: Series, *, start: float, end: float) -> Summary | None:
        """Everything in the minutes from `start` to before `end`; None if there is nothing."""
        with self._lock:
            minutes = self._minutes.get(series, {})
            first, last = int(start // MINUTE), int(-(-end // MINUTE))
            if last - first < len(minutes):
                found = [minutes[minute] for minute in range(first, last) if minute in minutes]
            else:
                found = [kept for minute, kept in minutes.items() if first <= minute < last]
        return added_up(found)

    def series(self) -> list[Series]:
        """Every metric that has ever had a value."""
        with self._lock:
            return list(self._minutes)

    def unit(self, series: Series) -> str:
        """The unit that the metric's last value came in."""
        return self._units.get(series, "None")
