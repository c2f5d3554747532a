"""The one regular expression of each type: what a cell's text must look like before any cast.

The forms are in the subset that Python, Java and RE2 share, are not anchored, and match a whole
cell. Dates carry their calendar: `2025-02-30` is not a date of February, so no engine has to cast
to find out.

>>> import re
>>> bool(re.fullmatch(date_form("%Y-%m-%d"), "2024-02-29"))
True
>>> bool(re.fullmatch(date_form("%Y-%m-%d"), "2025-02-29"))
False
"""

import re
from collections.abc import Sequence

from pipeline.patterns import literal

INTEGER = " *[+-]?[0-9]{1,18} *"
"""18 digits fit a signed 64-bit integer; blanks around a number do not change its value."""

NUMBER = r" *[+-]?[0-9]{1,20}(?:\.[0-9]{1,9})? *"
"""Fits decimal(29, 9), and DynamoDB's 38 digits, exactly."""

YEAR = "[0-9]{4}"
UUID = "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"
EMAIL = r"[^@ \t\r\n]+@[^@. \t\r\n]+(?:\.[^@. \t\r\n]+)+"

KEY_CHARACTERS = "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
"""Zero-width and bidi-control characters: two keys that look alike must not differ."""

_NUMBER = re.compile(NUMBER)
_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAYS_OF_MONTHS = (
    ("(?:0[1-9]|1[0-2])", "(?:0[1-9]|1[0-9]|2[0-8])"),
    ("(?:0[13-9]|1[0-2])", "(?:29|30)"),
    ("(?:0[13578]|1[02])", "31"),
)
"""Months and their days, the most frequent first: engines that backtrack try them in this order."""

_CLOCK = {
    "H": "(?:[01][0-9]|2[0-3])",
    "M": "[0-5][0-9]",
    "S": "[0-5][0-9]",
    "f": "[0-9]{1,6}",
    "z": "(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])",
}
_DIRECTIVE = re.compile("%(.)", re.DOTALL)

DEFAULT_FORMATS = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M:%SZ", "time": "%H:%M:%S"}
_NEEDED = {"date": set("Ymd"), "datetime": set("YmdH"), "time": set("H")}
_ALLOWED = {"date": set("Ymd"), "datetime": set("YmdHMSfz"), "time": set("HMSf")}
_DESCENDING = "YmdHMS"


def is_number(text: str) -> bool:
    """Tell whether a cell is a number as contracts have it."""
    return _NUMBER.fullmatch(text) is not None


def temporal_form(kind: str, layout: str) -> str:
    """Return the form of a date, datetime or time in strptime's notation.

    Raises:
        ValueError: The layout has a directive that the kind does not know, twice, or lacks one.
    """
    directives = _DIRECTIVE.findall(layout)
    unknown = [d for d in directives if d not in _ALLOWED[kind]]
    if unknown:
        raise ValueError(f"%{unknown[0]} is not supported in the format of a {kind}")
    if len(directives) != len(set(directives)):
        raise ValueError("a directive stands twice in the format")
    if missing := sorted(_NEEDED[kind] - set(directives)):
        raise ValueError(f"the format lacks %{missing[0]}")
    if "%" in _DIRECTIVE.sub("", layout):
        raise ValueError("a lone % in the format")
    return time_form(layout) if kind == "time" else date_form(layout)


def date_form(layout: str) -> str:
    """Return the form of a layout with %Y, %m and %d (and clock directives): only real days."""
    usual = (_spell(layout, {"Y": _YEAR, "m": m, "d": d}) for m, d in _DAYS_OF_MONTHS)
    leap = _spell(layout, {"Y": _LEAP_YEAR, "m": "02", "d": "29"})
    return "|".join([*usual, leap])


def time_form(layout: str) -> str:
    """Return the form of a layout with clock directives only."""
    return _spell(layout, {})


def sorts_as_text(layout: str) -> bool:
    """Tell whether texts in this layout sort as their values do.

    >>> sorts_as_text("%Y-%m-%d"), sorts_as_text("%d/%m/%Y")
    (True, False)
    """
    directives = "".join(_DIRECTIVE.findall(layout))
    return _DESCENDING.find(directives) in {0, _DESCENDING.index("H")}


def one_of(texts: Sequence[str]) -> str:
    """Return the form that matches exactly the given texts."""
    return "|".join("".join(map(literal, text)) for text in texts)


def _spell(layout: str, calendar: dict[str, str]) -> str:
    """Replace each directive by its expression and everything else by itself."""
    expressions = {**_CLOCK, **calendar}
    pieces = _DIRECTIVE.split(layout)
    return "".join(
        expressions[piece] if position % 2 else "".join(map(literal, piece))
        for position, piece in enumerate(pieces)
    )
