"""One value of one metric, and the values of a while taken together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Series:
    """A metric: its namespace, name and dimensions, which tell it apart from all others."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    """Sorted by name."""

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Self:
        """The metric with these dimensions, in whatever order they come."""
        return cls(namespace, name, tuple(sorted(dimensions.items())))


@dataclass(frozen=True, slots=True)
class Summary:
    """What CloudWatch keeps of values: never the values themselves."""

    count: float
    total: float
    least: float
    most: float

    @classmethod
    def of(cls, value: float) -> Self:
        """A single value."""
        return cls(1.0, value, value, value)

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            self.count + other.count,
            self.total + other.total,
            min(self.least, other.least),
            max(self.most, other.most),
        )

    def statistic(self, name: str) -> float:
        """`SampleCount`, `Sum`, `Average`, `Minimum` or `Maximum`.

        Raises:
            KeyError: another statistic; percentiles would need the values.
        """
        return {
            "SampleCount": self.count,
            "Sum": self.total,
            "Average": self.total / self.count if self.count else 0.0,
            "Minimum": self.least,
            "Maximum": self.most,
        }[name]


@dataclass(frozen=True, slots=True)
class Datapoint:
    """A summary that belongs to a metric at a time, in seconds since the epoch."""

    series: Series
    at: float
    summary: Summary
    unit: str = "None"


def added_up(summaries: Iterable[Summary]) -> Summary | None:
    """All of them as one; None if there are none."""
    found: Summary | None = None
    for summary in summaries:
        found = summary if found is None else found + summary
    return found
