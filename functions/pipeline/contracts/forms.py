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
from collections.abc import Iterable, Sequence

from pipeline.contracts.patterns import literal

YEAR = "[0-9]{4}"
UUID = "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"
EMAIL = r"[^@ \t\r\n]+@[^@. \t\r\n]+(?:\.[^@. \t\r\n]+)+"

KEY_CHARACTERS = "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
"""Zero-width and bidi-control characters: two keys that look alike must not differ."""

_YEARS = {
    "Y": "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])",
    "y": "[0-9]{2}",
}
_LEAP_YEARS = {
    "Y": "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)",
    "y": "(?:[02468][048]|[13579][26])",
}
"""Two digits stand for 1969 to 2068, as strptime has it, where each fourth year is a leap year."""

_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAYS_OF_MONTHS = (
    (range(1, 13), "(?:0[1-9]|1[0-9]|2[0-8])", "(?:[1-9]|1[0-9]|2[0-8])"),
    ((1, *range(3, 13)), "(?:29|30)", "(?:29|30)"),
    ((1, 3, 5, 7, 8, 10, 12), "31", "31"),
)
"""Months and their days, with and without zero in front; the most frequent first: engines that
backtrack try them in this order."""

_CLOCK = {
    "H": "(?:[01][0-9]|2[0-3])",
    "-H": "(?:1[0-9]|2[0-3]|[0-9])",
    "I": "(?:0[1-9]|1[0-2])",
    "-I": "(?:1[0-2]|[1-9])",
    "p": "(?:AM|PM|am|pm)",
    "M": "[0-5][0-9]",
    "S": "[0-5][0-9]",
    "f": "[0-9]{1,6}",
    "z": "(?:Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])",
}
_DIRECTIVE = re.compile("%(-?.)", re.DOTALL)

DEFAULT_FORMATS = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M:%SZ", "time": "%H:%M:%S"}
_YEAR, _MONTH, _DAY = ("Y", "y"), ("m", "-m", "b", "B"), ("d", "-d")
_HOUR, _HALF_DAY = ("H", "-H", "I", "-I"), ("p",)
_DATE = (_YEAR, _MONTH, _DAY)
_NEEDED = {"date": _DATE, "datetime": (*_DATE, _HOUR), "time": (_HOUR,)}
_CLOCKS = (_HOUR, _HALF_DAY, ("M",), ("S",), ("f",))
_ALLOWED = {"date": _DATE, "datetime": (*_DATE, *_CLOCKS, ("z",)), "time": _CLOCKS}
"""Of each group of directives a format may have one."""
_DESCENDING = "YmdHMS"


def temporal_form(kind: str, layout: str) -> str:
    """Return the form of a date, datetime or time in strptime's notation.

    Raises:
        ValueError: The layout has a directive that the kind does not know, twice, or lacks one.
    """
    directives = _DIRECTIVE.findall(layout)
    known = {directive for group in _ALLOWED[kind] for directive in group}
    if unknown := [d for d in directives if d not in known]:
        raise ValueError(f"%{unknown[0]} is not supported in the format of a {kind}")
    for group in _ALLOWED[kind]:
        if sum(directives.count(d) for d in group) > 1:
            raise ValueError(f"%{' or %'.join(group)} stands twice in the format")
    for group in _NEEDED[kind]:
        if not set(group) & set(directives):
            raise ValueError(f"the format lacks %{' or %'.join(group)}")
    if bool({"I", "-I"} & set(directives)) != ("p" in directives):
        raise ValueError("%I and %p need each other")
    if "%" in _DIRECTIVE.sub("", layout):
        raise ValueError("a lone % in the format")
    return time_form(layout) if kind == "time" else date_form(layout)


def date_form(layout: str) -> str:
    """Return the form of a layout with year, month and day (and the clock): only real days."""
    usual = [
        _spell(layout, {**_YEARS, **_months(months), "d": padded, "-d": bare})
        for months, padded, bare in _DAYS_OF_MONTHS
    ]
    leap = _spell(layout, {**_LEAP_YEARS, **_months([2]), "d": "29", "-d": "29"})
    return "|".join([*usual, leap])


def time_form(layout: str) -> str:
    """Return the form of a layout with clock directives only."""
    return _spell(layout, {})


def strptime_layout(layout: str) -> str:
    """Return a layout as Python's strptime reads it, which needs no zeros in front anyway.

    >>> strptime_layout("%-d.%-m.%Y")
    '%d.%m.%Y'
    """
    return layout.replace("%-", "%")


def _months(numbers: Iterable[int]) -> dict[str, str]:
    """Return the expressions of some months; names are English, abbreviations also in one case."""
    names = [_MONTH_NAMES[number - 1] for number in numbers]
    short = [name[:3] for name in names]
    padded = [f"{number:02}" for number in numbers]
    bare = sorted(map(str, numbers), key=len, reverse=True)
    return {
        "m": _one(padded),
        "-m": _one(bare),
        "b": _one([*short, *map(str.upper, short), *map(str.lower, short)]),
        "B": _one(names),
    }


def _one(texts: Sequence[str]) -> str:
    return f"(?:{'|'.join(texts)})" if len(texts) > 1 else texts[0]


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
