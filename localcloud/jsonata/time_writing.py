"""`$fromMillis`: a moment by a picture."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.integer_pictures import formatted, integer_format
from localcloud.jsonata.moments import fragment, moment_of
from localcloud.jsonata.time_pictures import DAYS, MONTHS, NUMERIC, Marker, picture_parts
from localcloud.jsonata.values import UNDEFINED, Value

_ISO_PICTURE: Final = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"
_OFFSET: Final = re.compile(r"\s*([-+]?[0-9]+)")


def from_millis(millis: Value, picture: Value, timezone: Value) -> Value:
    """`$fromMillis(number[, picture[, timezone]])`.

    Raises:
        JsonataError: `D3132` to `D3135`, the picture is none.
    """
    if millis is UNDEFINED:
        return millis
    offset = _offset_minutes(timezone)
    moment = moment_of(math.trunc(millis) + offset * 60_000)
    parts = picture_parts(_ISO_PICTURE if picture is UNDEFINED else picture)
    return "".join(
        part if isinstance(part, str) else _written(moment, part, offset) for part in parts
    )


def _offset_minutes(timezone: Value) -> int:
    """Of `+0530`; of a negative one whole hours are rounded down, as the language does."""
    found = _OFFSET.match(timezone) if isinstance(timezone, str) else None
    if not found:
        return 0
    number = int(found[1])
    return number // 100 * 60 + int(math.fmod(number, 100))


def _written(moment: datetime, marker: Marker, offset: int) -> str:
    component = marker.component
    if component in "Zz":
        return _written_offset(marker, offset)
    value = fragment(moment, component)
    if component not in f"{NUMERIC}f":
        return str(value).upper() if marker.names == "upper" and component == "P" else str(value)
    if marker.names and component != "f":
        return _named(int(value), marker)
    number = int(value)
    if component == "Y" and marker.width != -1:
        number = int(math.fmod(number, 10**marker.width))
    return formatted(number, marker.form or integer_format("1"))


def _named(number: int, marker: Marker) -> str:
    if marker.component in "Mx":
        name = MONTHS[number - 1]
    elif marker.component == "F":
        name = DAYS[number - 1]
    else:
        raise JsonataError("D3133", value=marker.component)
    name = {"upper": name.upper(), "lower": name.lower()}.get(marker.names, name)
    return name if marker.longest is None else name[: marker.longest]


def _written_offset(marker: Marker, offset: int) -> str:
    form = marker.form or integer_format("01:01")
    hours, minutes = math.floor(offset / 60), offset % 60
    number = hours * 100 + minutes
    if form.regular or form.mandatory in {3, 4}:
        text = formatted(number, form)
    elif form.mandatory in {1, 2}:
        text = formatted(hours, form) + (f":{minutes:02d}" if minutes else "")
    else:
        raise JsonataError("D3134", value=form.mandatory)
    if number >= 0:
        text = f"+{text}"
    if marker.component == "z":
        text = f"GMT{text}"
    return "Z" if number == 0 and marker.zulu else text
