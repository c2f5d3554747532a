"""What texts look like: values, absent values, numbers as countries write them, days and times."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from pipeline.contracts import forms
from pipeline.contracts.numbers import (
    MAX_DIGITS,
    USUAL_DECIMALS,
    USUAL_DIGITS,
    USUAL_INTEGER_DIGITS,
    NumberFormat,
)

ABSENT = frozenset(
    {"", "-", "--", ".", "..", "...", ":", "?", "x", "X", "NA", "N/A", "n/a", "na", "n.a.", "NULL",
     "null", "Null", "None", "none", "nan", "NaN", "NAN", r"\N", "#N/A", "#NV", "#NULL!", "#DIV/0!",
     "#WERT!", "#VALUE!", "#REF!", "k.A.", "0000-00-00", "0000-00-00 00:00:00", "<NA>", "(null)"}
)  # fmt: skip
"""Texts that stand for no value where all others of a column are numbers, days or times."""

_DIGITS = re.compile(r"\W{0,3}\s*[+-]?[0-9][0-9.,'’\s]*(?:[eE][+-]?[0-9]+)?\s*\W{0,2}(?:EUR|USD)?")  # noqa: RUF001
_DAY = re.compile(r"[0-9]{1,4}([-/.])(?:[0-9]{1,2}|[A-Za-z]{3})\1[0-9]{1,4}\b.*")
_ADDRESS = re.compile(rf"{forms.EMAIL}|https?://\S+|{forms.UUID}")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?.*")


def looks_absent(text: str) -> bool:
    """Tell whether a text may stand for no value."""
    return text.strip() in ABSENT


def is_valued(text: str) -> bool:
    """Tell whether a text looks like a number, a day, a time or an address, as no name does."""
    return any(form.fullmatch(text) for form in (_DIGITS, _DAY, _CLOCK, _ADDRESS))


_MARKS = (
    (".", ""), (",", ""), (".", ","), (",", "."), (",", "\u00a0"), (",", "\u202f"), (",", " "),
    (".", "'"), (".", "\u2019"), (".", " "), (".", "\u00a0"),
)  # fmt: skip
"""What stands in front of a fraction, and between thousands, in the order of preference."""

_ANY_SIZE = NumberFormat(digits=2 * MAX_DIGITS, decimals=MAX_DIGITS)

STYLES = (
    *(replace(_ANY_SIZE, decimal=point, group=group) for point, group in _MARKS),
    *(replace(_ANY_SIZE, decimal=point, has_exponent=True) for point in ".,"),
    *(replace(_ANY_SIZE, decimal=point, group=group, is_bare=False) for point, group in _MARKS),
)
"""How numbers may be written, the plainest first; of any size."""

_AROUND = re.compile(r"[0-9.,'\u2019\s+-]+")
_SIGNS = frozenset(
    {"€", "$", "£", "¥", "₹", "%", "‰", "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "SEK",
     "NOK", "DKK", "PLN", "CZK", "HUF", "CAD", "AUD", "BRL", "Kč", "zł", "kr", "Ft", "R$"}
)  # fmt: skip
"""What stands beside numbers; other capitals make a code of it."""


def number_styles(texts: Sequence[str]) -> Iterator[NumberFormat]:
    """Return the styles in which all texts are numbers, the plainest first, each once asked for."""
    yield from (style for style in STYLES if style.is_bare and _all_in(style, texts))
    if {_AROUND.sub("", text) for text in texts} - {""} <= _SIGNS:
        yield from (style for style in STYLES if not style.is_bare and _all_in(style, texts))


def _all_in(style: NumberFormat, texts: Sequence[str]) -> bool:
    return all(map(re.compile(style.form).fullmatch, texts))


def number_members(texts: Sequence[str], style: NumberFormat) -> dict[str, Any] | None:
    """Return the members of the field that all of the numbers fit; None if some are too long."""
    numbers = [style.canonical(text) for text in texts]
    parts = [number.lstrip("-").partition(".") for number in numbers if number is not None]
    whole = max((len(front) for front, _, _ in parts), default=0)
    decimals = max((len(behind) for _, _, behind in parts), default=0)
    if len(parts) < len(numbers) or whole + decimals > MAX_DIGITS:
        return None
    said: dict[str, Any] = {"groupChar": style.group} if style.group else {}
    said |= {} if style.is_bare else {"bareNumber": False}
    is_whole = not style.has_exponent and not any(style.decimal in text for text in texts)
    if is_whole:
        sizes = {"digits": whole} if whole > USUAL_INTEGER_DIGITS else {}
        return {"type": "integer", **said, **sizes}
    said |= {"decimalChar": style.decimal} if style.decimal != "." else {}
    said |= {"exponent": True} if style.has_exponent else {}
    return {"type": "number", **said, **_sizes(whole, decimals)}


def _sizes(whole: int, decimals: int) -> dict[str, int]:
    """Return the members that say how large numbers are, where they are larger than usual."""
    if whole <= USUAL_DIGITS - USUAL_DECIMALS and decimals <= USUAL_DECIMALS:
        return {}
    behind = max(decimals, min(USUAL_DECIMALS, MAX_DIGITS - whole))
    return {"digits": MAX_DIGITS, "decimals": behind}


_THREES = re.compile(r"\W{0,3}[1-9][0-9]{0,2}([.,])[0-9]{3}\W{0,3}")


def is_undecided(texts: Iterable[str]) -> bool:
    """Tell whether a mark in all numbers may part thousands as well as a fraction.

    >>> is_undecided(["1.250", "3.000", "7"]), is_undecided(["1.250", "0.125"])
    (True, False)
    """
    marked = [text for text in texts if "." in text or "," in text]
    marks = {found[1] for text in marked if (found := _THREES.fullmatch(text))}
    return len(marks) == 1 and all(_THREES.fullmatch(text) for text in marked)


_DATES = (
    "%Y-%m-%d", "%d.%m.%Y", "%-d.%-m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%-d/%-m/%Y", "%-m/%-d/%Y",
    "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%-m/%-d/%y",
    "%-d/%-m/%y", "%d %b %Y", "%-d %b %Y", "%d %B %Y", "%-d %B %Y", "%b %d, %Y", "%b %-d, %Y",
    "%B %d, %Y", "%B %-d, %Y", "%d-%b-%Y", "%d-%b-%y", "%Y%m%d",
)  # fmt: skip
_TIMES = (
    "%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%H:%M:%S,%f", "%I:%M:%S %p", "%I:%M %p", "%-I:%M %p",
    "%-I:%M:%S %p", "%-H:%M", "%-H:%M:%S",
)  # fmt: skip
_ZONES = ("", "Z", "%z", " %z", " UTC")


def layouts(example: str) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """Return types and formats of days and times that a text has, each with its form."""
    for kind, layout, form in _all_layouts():
        if form.fullmatch(example):
            yield kind, layout, form


@cache
def _all_layouts() -> list[tuple[str, str, re.Pattern[str]]]:
    named = [("date", layout) for layout in _DATES]
    named += [("time", layout) for layout in _TIMES]
    named += [
        ("datetime", f"{day}{between}{time}{zone}")
        for day in _DATES
        for between in ("T", " ")
        for time in _TIMES
        for zone in _ZONES
        if "-" in day or not zone
    ]
    return [
        (kind, layout, form) for kind, layout in named if (form := _form(kind, layout)) is not None
    ]


def _form(kind: str, layout: str) -> re.Pattern[str] | None:
    """Return what a contract would accept; None if it does not know the format."""
    try:
        return re.compile(forms.temporal_form(kind, layout))
    except ValueError:
        return None


def month_first(layout: str) -> bool | None:
    """Tell whether a format has the month before the day in the way that is confused; else None."""
    marks = re.findall(r"%-?([dm])[/-]%-?([dm])", layout)
    return marks[0] == ("m", "d") if marks else None


_YES_AND_NO = (
    ({"true"}, {"false"}), ({"yes"}, {"no"}), ({"ja"}, {"nein"}), ({"oui"}, {"non"}),
    ({"wahr"}, {"falsch"}), ({"vrai"}, {"faux"}), ({"si", "sí"}, {"no"}), ({"y"}, {"n"}),
    ({"j"}, {"n"}), ({"t"}, {"f"}),
)  # fmt: skip
_PLAIN = {"true", "false"}
_MOST_WORDS = max(len(yes | no) for yes, no in _YES_AND_NO)


def boolean_members(texts: Collection[str]) -> dict[str, Any] | None:
    """Return the members of a boolean field whose values these are, both sides present; else None.

    >>> boolean_members({"ja", "nein"})
    {'trueValues': ['ja'], 'falseValues': ['nein']}
    """
    if len({text.lower() for text in texts}) > _MOST_WORDS:
        return None
    for yes, no in _YES_AND_NO:
        true = sorted(text for text in texts if text.lower() in yes)
        false = sorted(text for text in texts if text.lower() in no)
        if len(true) + len(false) < len(texts):
            continue
        if {text.lower() for text in texts} <= _PLAIN and all(
            text in {text.lower(), text.title(), text.upper()} for text in texts
        ):
            return {}
        if true and false:
            return {"trueValues": true, "falseValues": false}
    return None
