"""Instants and durations as people read them; records write instants by `pipeline.timestamps`."""

from __future__ import annotations

from datetime import datetime

_MINUTE_SECONDS = 60
_HOUR_SECONDS = 3600
_DAY_SECONDS = 86400


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
