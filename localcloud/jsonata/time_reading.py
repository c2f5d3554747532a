"""`$toMillis`: a moment read by ISO 8601, or by a picture."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.integer_pictures import integer_format, reader
from localcloud.jsonata.moments import fragment, millis_of, moment_of
from localcloud.jsonata.running import Frame
from localcloud.jsonata.time_pictures import DAYS, MONTHS, Marker, picture_parts
from localcloud.jsonata.values import UNDEFINED, Value

_DAY_MS: Final = 86_400_000
_MONTHS_A_YEAR: Final = 12
_MOST_DAYS: Final = 31  # of any month: those behind a month's end are of the next
_ISO: Final = re.compile(
    r"(\d{4})(-[01]\d)?(-[0-3]\d)?(?:T([0-2]\d):([0-5]\d):([0-5]\d))?"
    r"(?:\.(\d+))?([+-][0-2]\d:?[0-5]\d|Z)?",
    re.ASCII,
)


def to_millis(frame: Frame, text: Value, picture: Value) -> Value:
    """`$toMillis(string[, picture])`: nothing where the text does not fit the picture.

    Raises:
        JsonataError: `D3110`, the text is no ISO 8601; `D3130` to `D3136`, the picture is none.
    """
    if text is UNDEFINED:
        return text
    if picture is UNDEFINED:
        return _from_iso(text)
    return _parsed(text, picture, frame.run.started_ms)


def _from_iso(text: str) -> Value:
    found = _ISO.fullmatch(text)
    if not found:
        raise JsonataError("D3110", value=text)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    months, days = int((month or "-1")[1:]), int((day or "-1")[1:])
    millis = int((fraction or "0").ljust(3, "0")[:3])
    clock = ((int(hour or 0) * 60 + int(minute or 0)) * 60 + int(second or 0)) * 1000 + millis
    if not (1 <= months <= _MONTHS_A_YEAR and 1 <= days <= _MOST_DAYS and clock <= _DAY_MS):
        return math.nan
    first = datetime(int(year), months, 1, tzinfo=UTC)
    moment = millis_of(first) + (days - 1) * _DAY_MS
    return moment + clock - _zone_minutes(zone) * 60_000


def _zone_minutes(zone: str | None) -> int:
    if not zone or zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return -minutes if zone[0] == "-" else minutes


Read = Callable[[str], "float | None"]


@lru_cache(maxsize=256)
def _matcher(picture: str) -> tuple[re.Pattern[str], tuple[tuple[str, Read | None], ...]]:
    """A pattern with a group for each part of a picture, and how each component is read."""
    pattern, readers = "", []
    for part in picture_parts(picture):
        if isinstance(part, str):
            expression, read, component = re.escape(part), None, ""
        else:
            expression, read = _reader(part)
            component = part.component
        pattern += f"({expression})"
        readers.append((component, read))
    return re.compile(pattern, re.IGNORECASE | re.ASCII), tuple(readers)


def _reader(marker: Marker) -> tuple[str, Read]:
    if marker.component in "Zz":
        return _offset_reader(marker)
    if marker.form:
        integers = reader(marker.form, marker.width)
        return integers.pattern, integers.read
    if marker.component in "Mx":
        names = {name[: marker.longest]: number for number, name in enumerate(MONTHS, 1)}
    elif marker.component == "F":
        names = {name[: marker.longest]: number for number, name in enumerate(DAYS, 1)}
    elif marker.component == "P":
        names = {"am": 0, "AM": 0, "pm": 1, "PM": 1}
    else:
        raise JsonataError("D3133", value=marker.component)
    return "[a-zA-Z]+", names.get


def _offset_reader(marker: Marker) -> tuple[str, Read]:
    form = marker.form or integer_format("01:01")
    separator = form.separators[0][1] if form.regular else ""
    prefix = "GMT" if marker.component == "z" else ""
    expression = f"{prefix}[-+][0-9]+"
    if separator:
        expression += f"{re.escape(separator)}[0-9]+"

    def read(text: str) -> int:
        value = text[len(prefix) :]
        hours, found, minutes = value.partition(separator) if separator else (value, "", "")
        if not found and len(value) > 3:
            hours, minutes = value[:3], value[3:]
        return int(hours) * 60 + int(minutes or 0)

    return expression, read


def _parsed(text: str, picture: str, now_ms: int) -> Value:
    pattern, readers = _matcher(picture)
    found = pattern.fullmatch(text)
    if not found:
        return UNDEFINED
    given: dict[str, int | None] = {}
    for value, (component, read) in zip(found.groups(), readers, strict=True):
        if read:
            number = read(value)
            given[component] = None if number is None else int(number)
    if not given:
        return UNDEFINED
    by_day_of_year, twelve_hours = _check_components({c for c, v in given.items() if v})
    moment = _completed(given, by_day_of_year, twelve_hours, now_ms)
    hour = moment["h"] % 12 + 12 * moment["P"] if twelve_hours else moment["H"]
    day, month = (moment["d"], 1) if by_day_of_year else (moment["D"], max(moment["M"], 1))
    first = datetime(
        _full_year(moment["Y"]) + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC
    )
    clock = ((hour * 60 + moment["m"]) * 60 + moment["s"]) * 1000 + moment["f"]
    zone = given.get("Z") or given.get("z") or 0
    return millis_of(first) + (day - 1) * _DAY_MS + clock - zone * 60_000


def _full_year(year: int) -> int:
    """A year of two digits is one of the last century."""
    return year + 1900 if 0 <= year <= 99 else year


def _check_components(given: set[str]) -> tuple[bool, bool]:
    """Whether the date is told by the day of the year, and the time by halves of a day.

    A date by weeks is not understood.
    """

    def is_kind(kind: str, others: str) -> bool:
        return bool(given & set(kind)) and not given & set(others)

    plain = is_kind("YMD", "xWwd") and not given & {"X"}
    by_day = not plain and is_kind("Yd", "MXxWwD")
    if is_kind("Xxw", "YMWdD") or is_kind("XW", "YMxwdD"):
        raise JsonataError("D3136")
    twelve_hours = is_kind("Ph", "H") and not is_kind("Hmsf", "Ph")
    return by_day, twelve_hours


def _completed(
    given: dict[str, int | None], by_day_of_year: bool, twelve_hours: bool, now_ms: int
) -> dict[str, int]:
    """All components: those in front of the first one given are now's, those behind it least.

    Raises:
        JsonataError: `D3136`, one is missing between two that are given.
    """
    now = moment_of(now_ms)
    whole: dict[str, int] = {}
    started = ended = False
    for component in ("Yd" if by_day_of_year else "YMD") + ("Ph" if twelve_hours else "H") + "msf":
        value = given.get(component)
        if value is not None:
            if ended:
                raise JsonataError("D3136")
            started = True
            whole[component] = value
        elif started:
            ended = True
            whole[component] = 1 if component in "MDd" else 0
        else:
            part = fragment(now, component)
            whole[component] = (part == "pm") if component == "P" else int(part)
    return whole
