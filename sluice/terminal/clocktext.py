"""Instants and durations as people read them and as the records write them."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE_SECONDS = 60
_HOUR_SECONDS = 3600
_DAY_SECONDS = 86400


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant of a record, in UTC.

    >>> parse_instant("2026-01-31T08:15:00.250Z").isoformat()
    '2026-01-31T08:15:00.250000+00:00'
    """
    return datetime.fromisoformat(text).astimezone(UTC)


def instant_text(instant: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as in the records.

    >>> instant_text(datetime(2026, 1, 31, 8, 15, tzinfo=UTC))
    '2026-01-31T08:15:00.000Z'
    """
    utc = instant.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def local_text(instant: datetime) -> str:
    """Date and time of day in the reader's own time zone, to the second."""
    return instant.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def elapsed(began: datetime, ended: datetime | None, now: datetime) -> float:
    """The seconds that something took, or has taken by now; never less than nothing.

    Clocks differ: that of a record may be ahead of the reader's.
    """
    return max(0.0, ((ended or now) - began).total_seconds())


def duration_text(seconds: float) -> str:
    """A duration in its two largest units.

    >>> [duration_text(s) for s in (0.04, 7.36, 75, 3700, 90000)]
    ['0.0 s', '7.4 s', '1 min 15 s', '1 h 1 min', '1 d 1 h']
    """
    if seconds < _MINUTE_SECONDS:
        return f"{seconds:.1f} s"
    for unit, word, part, part_word in (
        (_DAY_SECONDS, "d", _HOUR_SECONDS, "h"),
        (_HOUR_SECONDS, "h", _MINUTE_SECONDS, "min"),
        (_MINUTE_SECONDS, "min", 1, "s"),
    ):
        if seconds >= unit:
            whole, rest = divmod(int(seconds), unit)
            return f"{whole} {word} {rest // part} {part_word}"
    raise AssertionError(seconds)
