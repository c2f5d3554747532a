"""Moments, and their components by the letters of date and time pictures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_THURSDAY: Final = 4
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def moment_of(millis: int) -> datetime:
    """The moment so many milliseconds after 1970 began."""
    return _EPOCH + _MILLISECOND * millis


def millis_of(moment: datetime) -> int:
    """The milliseconds since 1970 began."""
    return (moment - _EPOCH) // _MILLISECOND


def fragment(moment: datetime, component: str) -> int | str:
    """One component, such as the year for `Y`; `am` or `pm` for `P`.

    >>> moment = datetime(2018, 1, 1, 13)
    >>> [fragment(moment, component) for component in "YMDdFWwXxHhP"]
    [2018, 1, 1, 1, 1, 1, 1, 2018, 1, 13, 1, 'pm']
    """
    return _FRAGMENTS[component](moment)


def _thursday(day: datetime) -> datetime:
    """That of the same week: the week belongs to the month that holds it."""
    return day + timedelta(days=_THURSDAY - day.isoweekday())


_FRAGMENTS: Final[dict[str, Callable[[datetime], int | str]]] = {
    "Y": lambda moment: moment.year,
    "M": lambda moment: moment.month,
    "D": lambda moment: moment.day,
    "d": lambda moment: moment.timetuple().tm_yday,
    "F": lambda moment: moment.isoweekday(),
    "W": lambda moment: moment.isocalendar().week,
    "X": lambda moment: moment.isocalendar().year,
    "w": lambda moment: (_thursday(moment).day + 6) // 7,
    "x": lambda moment: _thursday(moment).month,
    "H": lambda moment: moment.hour,
    "h": lambda moment: (moment.hour + 11) % 12 + 1,
    "P": lambda moment: "pm" if moment.hour >= 12 else "am",
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
    "f": lambda moment: moment.microsecond // 1000,
    "C": lambda _: "ISO",
    "E": lambda _: "ISO",
}
