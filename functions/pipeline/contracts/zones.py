"""Local times of a zone, each as the instant that it stands for; or none, if it is not just one.

A zone's rules are read once, where a contract is compiled, and travel in the manifest as a table
of the wall clock: engines need no tz database, and none can have another edition of it.
Times that the clocks skipped, or showed twice, are no instants.

>>> berlin = Zone.named("Europe/Berlin")
>>> berlin.canonical("31.03.2024 01:59", "%d.%m.%Y %H:%M")
'2024-03-31T00:59:00Z'
>>> berlin.canonical("31.03.2024 02:30", "%d.%m.%Y %H:%M")  # skipped
>>> berlin.canonical("27.10.2024 02:30", "%d.%m.%Y %H:%M")  # shown twice
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self
from zoneinfo import ZoneInfo

from pipeline.contracts.forms import strptime_layout

LOCAL = "local"
"""What is declared of times whose zone nobody knows: they are delivered as they stand."""

FIRST_YEAR, LAST_YEAR = 1900, 2099
"""Between them a named zone is known; what comes later, nobody knows."""

_FIXED = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
_TOLD = re.compile(r"(?:Z| ?UTC| ?GMT|[+-][0-9]{2}:?[0-9]{2})$")
_STEP_SECONDS = 5 * 86_400
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (walls have no zone)


def tells_zone(layout: str) -> bool:
    """Tell whether a layout says the zone: by an offset, or by a word behind the clock.

    >>> tells_zone("%Y-%m-%d %H:%M:%S UTC"), tells_zone("%Y-%m-%d %H:%M")
    (True, False)
    """
    return "%z" in layout or _TOLD.search(layout) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Zone:
    """A zone by what its clocks showed.

    From `walls[n]` on, up to the next one, wall clocks were `offsets[n]` seconds before UTC; None:
    no instant, or not just one. Walls are seconds since 1970-01-01T00:00:00 of the clock itself.
    """

    name: str
    walls: tuple[int, ...]
    offsets: tuple[int | None, ...]

    @classmethod
    def named(cls, name: str) -> Self:
        """Return a zone by its name in the tz database, or by its offset, such as `+05:30`.

        Raises:
            ValueError: There is no such zone.
        """
        if fixed := _FIXED.fullmatch(name):
            offset = int(fixed[1] + "1") * (int(fixed[2]) * 3600 + int(fixed[3]) * 60)
            table: list[tuple[int, int | None]] = [(_FIXED_START, offset), (_FIXED_END, None)]
        else:
            found = [*_segments(_changes(_known(name)))]
            at_start = max(n for n, (wall, _) in enumerate(found) if wall <= _START)
            table = [(_START, found[at_start][1]), *found[at_start + 1 :], (_END, None)]
        walls, offsets = zip(*table, strict=True)
        return cls(name=name, walls=walls, offsets=offsets)

    def document(self) -> dict[str, Any]:
        """Return the zone as rules carry it."""
        return {"name": self.name, "walls": list(self.walls), "offsets": list(self.offsets)}

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """Return the zone that rules carry."""
        walls, offsets = tuple(document["walls"]), tuple(document["offsets"])
        return cls(name=document["name"], walls=walls, offsets=offsets)

    def canonical(self, text: str, layout: str) -> str | None:
        """Return the instant of a local time that has the layout's form, in UTC; None: no one."""
        wall = datetime.strptime(text, strptime_layout(layout))  # noqa: DTZ007
        at = bisect_right(self.walls, _seconds(wall)) - 1
        offset = self.offsets[at] if at >= 0 else None
        if offset is None:
            return None
        instant = wall - timedelta(seconds=offset)
        return instant.isoformat(timespec=precision(layout)) + "Z"


def precision(layout: str) -> str:
    """Return to what canonical times of a layout are told: `seconds` or `microseconds`."""
    return "microseconds" if "%f" in layout else "seconds"


def canonical_layout(layout: str) -> str:
    """Return the layout of canonical times.

    >>> canonical_layout("%d.%m.%Y %H:%M")
    '%Y-%m-%dT%H:%M:%SZ'
    """
    fraction = ".%f" if "%f" in layout else ""
    return f"%Y-%m-%dT%H:%M:%S{fraction}Z"


@cache
def _known(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, ValueError):
        reason = f"{name!r} is no zone: name one of the tz database, an offset as +01:00, or local"
        raise ValueError(reason) from None


def _changes(zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Return the instants at which the offset changes, and the new offsets; first, the start.

    No zone changed its offset twice within so few days.
    """
    at = int(datetime(FIRST_YEAR - 1, 12, 31, tzinfo=UTC).timestamp())
    end = int(datetime(LAST_YEAR + 1, 1, 2, tzinfo=UTC).timestamp())
    offset = _offset(zone, at)
    yield at, offset
    while at < end:
        later = at + _STEP_SECONDS
        if _offset(zone, later) != offset:
            change = bisect_right(range(at, later), False, key=lambda t: _offset(zone, t) != offset)
            offset = _offset(zone, at + change)
            yield at + change, offset
        at = later


def _offset(zone: ZoneInfo, instant: int) -> int:
    found = datetime.fromtimestamp(instant, zone).utcoffset()
    return round(found.total_seconds()) if found is not None else 0


def _segments(changes: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int | None]]:
    """Return where on the wall clock an offset begins; None where clocks were put on or back."""
    before = None
    for instant, offset in changes:
        if before is not None and before != offset:
            yield instant + min(before, offset), None
        yield instant + (offset if before is None else max(before, offset)), offset
        before = offset


def _seconds(wall: datetime) -> int:
    return (wall - _EPOCH) // timedelta(seconds=1)


_START, _END = _seconds(datetime(FIRST_YEAR, 1, 1)), _seconds(datetime(LAST_YEAR + 1, 1, 1))  # noqa: DTZ001
_FIXED_START, _FIXED_END = _seconds(datetime(1, 1, 2)), _seconds(datetime(9999, 12, 30))  # noqa: DTZ001
"""A day from the ends of the calendar, so that no instant lies beyond them."""
