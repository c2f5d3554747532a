"""The metrics that were kept: a summary for each minute, for as long as the cloud runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from localcloud.cloudwatch.datapoint import Datapoint, Series, Summary, added_up

MINUTE = 60
KEPT_MINUTES = 15 * 24 * 60
"""As on AWS for periods of a minute; a longer past is not kept here."""

_DAY = 24 * 60 * MINUTE
_ROUNDED_TO = ((15 * _DAY, MINUTE), (63 * _DAY, 5 * MINUTE))
"""Up to which age a question's start is rounded to what, in seconds; older ones to the hour."""


def rounded_start(start: float, *, now: float) -> int:
    """The second from which CloudWatch answers a question that asks for values from `start` on.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html

    >>> rounded_start(754.9, now=800)
    720
    """
    steps = (step for age, step in _ROUNDED_TO if now - start < age)
    step = next(steps, 60 * MINUTE)
    return int(start // step) * step


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

    def periods(
        self, series: Series, *, start: int, end: float, period: int
    ) -> list[tuple[int, Summary]]:
        """Each period that has values, by the second that it begins at, the oldest first.

        `start` and `period` are whole minutes, in seconds; what counts are the minutes that begin
        before `end`.
        """
        with self._lock:
            minutes = sorted(self._minutes.get(series, {}).items())
        found: dict[int, Summary] = {}
        for at, summary in ((minute * MINUTE, kept) for minute, kept in minutes):
            if start <= at < end:
                begin = at - (at - start) % period
                found[begin] = found[begin] + summary if begin in found else summary
        return list(found.items())

    def series(self) -> list[Series]:
        """Every metric that has ever had a value."""
        with self._lock:
            return list(self._minutes)

    def unit(self, series: Series) -> str:
        """The unit that the metric's last value came in."""
        return self._units.get(series, "None")
