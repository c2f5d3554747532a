r"""Members of a field that a cell which is not of its type would need, told by its form alone.

Only members under which the cell would be of the type are named, and as few as will do. Whether the
sender means it so, only a person knows: `1,234` is a number with a comma, or with a group.

>>> lifting({"type": "number", "number": NumberFormat().document()}, "1.234,50")
'decimalChar and groupChar'
>>> lifting({"type": "number", "number": NumberFormat().document()}, "1,234")
'decimalChar or groupChar'
>>> lifting({"type": "date", "number": None}, "31.12.2024")
'format'
>>> lifting({"type": "date", "number": None}, "2024-02-30")
''
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any

from pipeline.contracts.forms import temporal_form
from pipeline.contracts.numbers import NumberFormat

MAX_CHARACTERS = 60
"""Of a cell that may be a number, a truth value or a date."""

_LAYOUTS = {
    "date": (
        "%Y-%m-%d", "%-d.%-m.%Y", "%-d.%-m.%y", "%-d/%-m/%Y", "%-m/%-d/%Y", "%-d-%-m-%Y",
        "%Y/%-m/%-d", "%Y.%m.%d", "%Y%m%d", "%-d %b %Y", "%-d-%b-%Y", "%-d-%b-%y", "%-d %B %Y",
    ),
    "time": ("%-H:%M:%S", "%-H:%M", "%H:%M:%S.%f", "%-I:%M %p", "%-I:%M:%S %p"),
}  # fmt: skip
"""Layouts that files have; a datetime is a date, a blank or T, and a time, maybe with an offset."""

_GROUPS = (",", ".", " ", "\u00a0", "\u202f", "'", "\u2019")
_CURRENCY = re.compile(
    "[$\u00a2-\u00a5\u20a0-\u20c0%\u2030]|EUR|USD|GBP|CHF|JPY|kr|K\u010d|z\u0142"
)
_TRUTHS = frozenset(
    {"0", "1", "f", "false", "falsch", "faux", "j", "ja", "n", "nee", "nein", "no", "non", "o",
     "off", "on", "oui", "s", "si", "t", "true", "v", "vrai", "w", "wahr", "x", "y", "yes"}
)  # fmt: skip


def lifting(field: Mapping[str, Any], text: str) -> str:
    """Return the members, in words, that would make a cell one of a field of compiled rules.

    No text if there are none.
    """
    if len(text) > MAX_CHARACTERS:
        return ""
    kind = field["type"]
    if kind in {"integer", "number"}:
        sample = re.sub("[0-9]", "1", text)
        number = NumberFormat.of(field["number"])
        return "" if number.canonical(sample) else _of_number(number, kind, sample)
    if kind == "boolean":
        return "trueValues and falseValues" if text.strip().casefold() in _TRUTHS else ""
    return "format" if kind in {"date", "datetime", "time"} and _is_temporal(kind, text) else ""


@lru_cache(maxsize=4096)
def _of_number(number: NumberFormat, kind: str, text: str) -> str:
    found = {
        members
        for members, variant in _variants(number, kind)
        if variant.canonical(text)
        and ("bareNumber" not in members or _CURRENCY.search(text))
        and not (kind == "integer" and variant.group == "." and text.count(".") == 1)
    }
    fewest = min(map(len, found), default=0)
    return " or ".join(" and ".join(each) for each in sorted(found) if len(each) == fewest)


@lru_cache(maxsize=256)
def _variants(number: NumberFormat, kind: str) -> tuple[tuple[tuple[str, ...], NumberFormat], ...]:
    return tuple(_written_otherwise(number, kind))


def _written_otherwise(
    number: NumberFormat, kind: str
) -> Iterator[tuple[tuple[str, ...], NumberFormat]]:
    """Return formats that differ from a field's in some members, and which those are."""
    is_number = kind == "number"
    decimals = {number.decimal, ",", "."} if is_number else {number.decimal}
    exponents = {number.has_exponent, is_number}
    choices = product(
        sorted(decimals), (number.group, *_GROUPS), {number.is_bare, False}, exponents
    )
    for decimal, group, is_bare, has_exponent in choices:
        differs = {
            "bareNumber": is_bare != number.is_bare,
            "decimalChar": decimal != number.decimal,
            "exponent": has_exponent != number.has_exponent,
            "groupChar": group != number.group,
        }
        members = tuple(name for name, is_other in differs.items() if is_other)
        if members and not (is_number and decimal == group):
            yield (
                members,
                replace(
                    number, decimal=decimal, group=group, is_bare=is_bare, has_exponent=has_exponent
                ),
            )


def _is_temporal(kind: str, text: str) -> bool:
    return any(form.fullmatch(text) for form in _forms(kind))


@lru_cache(maxsize=3)
def _forms(kind: str) -> tuple[re.Pattern[str], ...]:
    if kind != "datetime":
        return tuple(map(re.compile, _expressions(kind)))
    dates, times = "|".join(_expressions("date")), "|".join(_expressions("time"))
    return (re.compile(f"(?:{dates})[T ](?:{times})(?: ?(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}}))?"),)


def _expressions(kind: str) -> list[str]:
    """Return the form of each layout, with zeros in front and without them."""
    bare = _LAYOUTS[kind]
    layouts = dict.fromkeys([*bare, *(layout.replace("%-", "%") for layout in bare)])
    return [temporal_form(kind, layout) for layout in layouts]
