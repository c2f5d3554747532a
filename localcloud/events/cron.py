"""Cron expressions of EventBridge: `minutes hours day-of-month month day-of-week year`.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_YEARS = (1970, 2199)
_FIELDS = 6
_SATURDAY, _SUNDAY = 5, 6

DayTest = Callable[[date], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cron:
    """A parsed expression; days are decided by a test, as `L`, `W` and `#` need the calendar."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    is_day: DayTest

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read the text between the parentheses of `cron(…)`.

        Raises:
            ValueError: the text is no such expression; the message says where.
        """
        fields = text.split()
        if len(fields) != _FIELDS:
            raise ValueError(f"cron needs {_FIELDS} fields, not {len(fields)}: {text!r}")
        minutes, hours, day, month, weekday, year = fields
        if (day == "?") == (weekday == "?"):
            raise ValueError(f"one of day-of-month and day-of-week must be '?': {text!r}")
        return cls(
            minutes=tuple(sorted(_values(minutes, 0, 59))),
            hours=tuple(sorted(_values(hours, 0, 23))),
            months=_values(month, 1, 12, _MONTHS),
            years=_values(year, *_YEARS),
            is_day=_weekday_test(weekday) if day == "?" else _month_day_test(day),
        )

    def next_after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The first time after `moment`; None if there is none.

        A time that the spring's change of clocks skips is skipped,
        one that the autumn's change repeats counts once.
        """
        local = moment.astimezone(zone)
        for day in self._days_from(local.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    due = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                    if due > moment and _exists(due):
                        return due
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        day = first
        while day.year <= _YEARS[1]:
            if day.year not in self.years:
                day = date(day.year + 1, 1, 1)
            elif day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            else:
                if self.is_day(day):
                    yield day
                day += timedelta(days=1)


def _exists(moment: datetime) -> bool:
    there = datetime.fromtimestamp(moment.timestamp(), moment.tzinfo)
    return there.replace(fold=0) == moment.replace(fold=0)


def _values(text: str, low: int, high: int, names: list[str] | None = None) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else _number(first, names)
        open_ended = first == "*" or step
        end = _number(last, names) if last else high if open_ended else start
        every = int(step) if step else 1
        if not (low <= start <= end <= high) or every < 1:
            raise ValueError(f"{part!r} is not within {low}-{high}")
        values.update(range(start, end + 1, every))
    return frozenset(values)


def _number(text: str, names: list[str] | None) -> int:
    if names and text.upper() in names:
        return names.index(text.upper()) + 1
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is no number")
    return int(text)


def _last_of_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _month_day_test(text: str) -> DayTest:
    if text == "L":
        return lambda day: day.day == _last_of_month(day)
    if text == "LW":
        return lambda day: day.day == _nearest_workday(day, _last_of_month(day))
    if nearest := re.fullmatch(r"(\d+)W", text):
        wanted = int(nearest[1])
        return lambda day: day.day == _nearest_workday(day, min(wanted, _last_of_month(day)))
    days = _values(text, 1, 31)
    return lambda day: day.day in days


def _nearest_workday(month: date, wanted: int) -> int:
    last = _last_of_month(month)
    match month.replace(day=wanted).weekday():
        case weekday if weekday == _SATURDAY:
            return wanted - 1 if wanted > 1 else wanted + 2
        case weekday if weekday == _SUNDAY:
            return wanted + 1 if wanted < last else wanted - 2
    return wanted


def _weekday_test(text: str) -> DayTest:
    if text == "L":
        return lambda day: _weekday(day) == len(_WEEKDAYS)
    if last := re.fullmatch(r"(\w+)L", text):
        wanted = _number(last[1], _WEEKDAYS)
        return lambda day: _weekday(day) == wanted and day.day + 7 > _last_of_month(day)
    if nth := re.fullmatch(r"(\w+)#([1-5])", text):
        wanted, ordinal = _number(nth[1], _WEEKDAYS), int(nth[2])
        return lambda day: _weekday(day) == wanted and (day.day + 6) // 7 == ordinal
    weekdays = _values(text, 1, 7, _WEEKDAYS)
    return lambda day: _weekday(day) in weekdays


def _weekday(day: date) -> int:
    """Sunday is 1, Saturday is 7."""
    return day.isoweekday() % 7 + 1
