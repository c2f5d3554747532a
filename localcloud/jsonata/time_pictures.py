"""Pictures of dates and times, such as `[Y0001]-[M01]-[D01]`, taken apart.

Source: https://www.w3.org/TR/xpath-functions-31/#formatting-dates-and-times
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.integer_pictures import IntegerFormat, integer_format

DAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
NUMERIC: Final = "YMDdFWwXxHhms"
_DEFAULTS: Final = {
    **dict.fromkeys("YMDdWwXxHhf", "1"),
    **dict.fromkeys("FPCE", "n"),
    **dict.fromkeys("ms", "01"),
    **dict.fromkeys("Zz", "01:01"),
}
_MARKER: Final = re.compile(r"\[\[|\[([^\]]*)(\]?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """One component of a picture, as a number or by name."""

    component: str
    names: str = ""  # "upper", "lower" or "title"
    form: IntegerFormat | None = None
    width: int = -1  # digits of a year, month or day, if the picture tells
    longest: int | None = None  # of a name
    zulu: bool = False  # an offset of nothing is written Z


@lru_cache(maxsize=256)
def picture_parts(text: str) -> tuple[Marker | str, ...]:
    """Markers, and the text between them.

    Raises:
        JsonataError: `D3132` or `D3135`.
    """
    parts: list[Marker | str] = []
    at = 0
    for found in _MARKER.finditer(text):
        parts.append(text[at : found.start()].replace("]]", "]"))
        at = found.end()
        if found[0] == "[[":
            parts.append("[")
        elif not found[2]:
            raise JsonataError("D3135")
        else:
            parts.append(_marker("".join(found[1].split())))
    parts.append(text[at:].replace("]]", "]"))
    return tuple(part for part in parts if part != "")


def _marker(text: str) -> Marker:
    component = text[:1]
    head, comma, width = text.rpartition(",")
    presentation = (head if comma else text)[1:] or _DEFAULTS.get(component, "")
    least, longest = _widths(width) if comma else (None, None)
    if not presentation:
        raise JsonataError("D3132", value=component)
    modifier = presentation[-1] if len(presentation) > 1 and presentation[-1] in "atco" else ""
    primary = presentation.removesuffix(modifier)
    if primary[0] in "nN":
        names = "lower" if primary[0] == "n" else "title" if primary[1:2] == "n" else "upper"
        return Marker(component=component, names=names, longest=longest)
    if component in "Zz":
        form = integer_format(primary)
        return Marker(component=component, form=form, zulu=modifier == "t")
    if component not in f"{NUMERIC}f":
        return Marker(component=component)
    form = integer_format(f"{primary};{modifier}" if modifier else primary)
    form = form.padded_to(max(form.mandatory, least or 0))
    digits = -1
    if component in "YMD":
        if longest is not None:
            digits = longest
            form = form.padded_to(digits)
        elif form.mandatory + form.optional >= 2:
            digits = form.mandatory + form.optional
    return Marker(component=component, form=form, width=digits)


def _widths(text: str) -> tuple[int | None, int | None]:
    least, _, longest = text.partition("-")
    return _number(least), _number(longest)


def _number(text: str) -> int | None:
    found = re.match(r"[0-9]+", text)
    return int(found[0]) if found else None
