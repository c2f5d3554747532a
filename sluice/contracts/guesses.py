"""What a column of texts is: the strictest type that all its values meet, and what speaks for it.

A text that might mean two things stays a text, and the remark says which two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any

from pipeline.contracts.forms import DEFAULT_FORMATS
from pipeline.contracts.numbers import NumberFormat
from pipeline.contracts.zones import LOCAL, tells_zone
from sluice.contracts.values import (
    ABSENT,
    STYLES,
    boolean_members,
    is_undecided,
    layouts,
    month_first,
    number_members,
    number_styles,
)

_CODE_NAMES = re.compile(
    r"(?:^|[^a-z])(?:zip|plz|postal|postcode|post_code|postleitzahl|phone|telephone|telephonenum|"
    r"tel|telefon|fax|mobile|handy|iban|bic|ean|gtin|upc|isbn|issn|card|konto|account|vat|ssn|"
    r"sku|version|code_postal|cap|cep)(?:$|[^a-z])|telephone|postal",
    re.IGNORECASE,
)
_LEADING_ZERO = re.compile(r" *[+-]?0[0-9]+ *")
_ODD_SIGN = re.compile(r"\s*(?:\((.*[0-9].*)\)|(.*[0-9])\s*-)\s*")
_PLUS = re.compile(r" *\+")
_DAY_NAMES = re.compile(r"date|datum|day|tag|dat$|dt$|^on$|am$", re.IGNORECASE)
_SENTINEL = re.compile(r"-9{2,5}(?:\.[90]+)?")

NEARLY_SHARE = 0.05
"""A column nearly fits a type if at most so many of its values do not."""
_NEARLY_ROWS = 20
_SENTINEL_ROWS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """What other columns of the file have shown: how numbers and days are written in it."""

    decimals: frozenset[str] = frozenset()
    month_first: frozenset[bool] = frozenset()


@dataclass(kw_only=True, slots=True)
class Column:
    """A column's texts, counted; `first_lines` where each stands first."""

    name: str
    texts: Counter[str]
    first_lines: Mapping[str, int]

    @property
    def present(self) -> list[str]:
        """The distinct texts that are not empty."""
        return [text for text in self.texts if text]

    @property
    def rows(self) -> int:
        """How many cells there are."""
        return self.texts.total()


@dataclass(frozen=True, kw_only=True, slots=True)
class Guess:
    """The members of a field, the texts that stand for no value, and what a person should know."""

    members: Mapping[str, Any]
    absent: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()
    habits: Habits = field(default_factory=Habits)
    odd_lines: tuple[int, ...] = ()
    """Where the texts stand that keep the column from a type that all others have."""

    @property
    def type(self) -> str:
        """The type of the field."""
        return str(self.members["type"])

    @property
    def is_undecided(self) -> bool:
        """Whether it stays text for a reason that other columns may clear up."""
        return self.type == "string" and bool(self.remarks)


_STRING = {"type": "string"}


def guess(column: Column, habits: Habits) -> Guess:
    """Return what a column is, in the light of what the others showed."""
    present = column.present
    maybe = frozenset(present) & ABSENT
    values = [text for text in present if text not in maybe]
    if not values:
        return Guess(members=_STRING)
    found = _typed(column.name, values, habits)
    if found.type != "string":
        return _with_sentinels(column, Guess(
            members=found.members, absent=maybe, remarks=found.remarks, habits=found.habits
        ))  # fmt: skip
    absent = maybe & {r"\N"}
    near = None if found.remarks else _near(column, values)
    if near is None:
        return Guess(members=_STRING, absent=absent, remarks=found.remarks)
    said, odd_lines = near
    return Guess(members=_STRING, absent=absent, remarks=(said,), odd_lines=odd_lines)


def _typed(name: str, values: Sequence[str], habits: Habits) -> Guess:
    """Return the type of texts, all of which are values."""
    booleans = boolean_members(values)
    if booleans is not None:
        return Guess(members={"type": "boolean", **booleans})
    days = _temporal(name, values, habits)
    if days is not None:
        return days
    styles = number_styles(values)
    plainest = next(styles, None)
    if plainest is None:
        return Guess(members=_STRING, remarks=tuple(_odd_signs(name, values)))
    if any(_LEADING_ZERO.fullmatch(v) or _PLUS.match(v) for v in values):
        said = f"{name} stays text: zeros or a plus in front would be lost by a number"
        return Guess(members=_STRING, remarks=(said,))
    if _CODE_NAMES.search(name) and plainest == STYLES[0]:
        said = f"{name} stays text: by its name it is a code, although it is written in digits"
        return Guess(members=_STRING, remarks=(said,))
    return _number(name, values, chain([plainest], styles), habits)


def _odd_signs(name: str, values: Sequence[str]) -> Iterator[str]:
    """Say that texts are numbers but for how negative ones are marked, as no contract reads it."""
    marked = [
        (text, found[1] or found[2]) for text in values if (found := _ODD_SIGN.fullmatch(text))
    ]
    if not marked:
        return
    plain = [text for text in values if not _ODD_SIGN.fullmatch(text)]
    if next(number_styles([*plain, *(inner for _, inner in marked)]), None):
        yield (
            f"{name} stays text: {marked[0][0]!r} is a negative number as no contract reads it;"
            " export it with the minus in front"
        )


def _number(
    name: str, values: Sequence[str], styles: Iterator[NumberFormat], habits: Habits
) -> Guess:
    if is_undecided(values):
        styles = (style for style in styles if habits.decimals == {style.decimal})
    style = next(styles, None)
    if style is None:
        marked = next(value for value in values if "." in value or "," in value)
        said = (
            f"{name} stays text: a mark may part thousands or a fraction, as in {marked!r};"
            " say which by decimalChar and groupChar"
        )
        return Guess(members=_STRING, remarks=(said,))
    members = number_members(values, style)
    if members is None:
        said = f"{name} stays text: its numbers have more digits than the 38 that a table holds"
        return Guess(members=_STRING, remarks=(said,))
    shows = members["type"] == "number" and any(style.decimal in value for value in values)
    decimals = frozenset({style.decimal}) if shows and not is_undecided(values) else frozenset()
    return Guess(members=members, habits=Habits(decimals=decimals))


def _temporal(name: str, values: Sequence[str], habits: Habits) -> Guess | None:
    fitting = [(k, layout) for k, layout, form in layouts(values[0]) if _all(form, values)]
    if not fitting:
        return None
    kind, layout = fitting[0]
    if layout == "%Y%m%d" and not (_DAY_NAMES.search(name) or len(values) >= _NEARLY_ROWS):
        return None
    orders = {month_first(other) for k, other in fitting if k == kind} - {None}
    if len(orders) > 1:
        if len(habits.month_first) != 1:
            said = f"{name} stays text: the day may come first or the month; say which by format"
            return Guess(members=_STRING, remarks=(said,))
        layout = next(o for _, o in fitting if month_first(o) in habits.month_first)
    shown = frozenset(order for order in orders if order is not None)
    members = {"type": kind, **({} if _is_default(kind, layout) else {"format": layout})}
    remarks: list[str] = []
    if kind == "datetime" and not tells_zone(layout):
        members["zone"] = LOCAL
        said = f"{name} tells no zone, so that its times stay as they stand (zone: {LOCAL})"
        remarks.append(f"{said}; with the clock's, such as Europe/Berlin, they are instants")
    return Guess(
        members=members,
        remarks=tuple(remarks),
        habits=Habits(month_first=shown if len(shown) == 1 else frozenset()),
    )


def _is_default(kind: str, layout: str) -> bool:
    return DEFAULT_FORMATS[kind] == layout


def _with_sentinels(column: Column, found: Guess) -> Guess:
    """Take `-999` and its like for no value where it is far below all others, and say so."""
    if found.type not in {"integer", "number"} or found.members.keys() & {
        "decimalChar",
        "groupChar",
    }:
        return found
    suspects = [t for t in column.present if _SENTINEL.fullmatch(t)]
    others = [t for t in column.present if t not in suspects and t not in found.absent]
    if len(suspects) != 1 or column.texts[suspects[0]] < _SENTINEL_ROWS or not others:
        return found
    try:
        lowest = min(map(Decimal, others))
    except ArithmeticError:
        return found
    if lowest < Decimal(suspects[0]) / 2:
        return found
    said = (
        f"{column.name}: {suspects[0]} ({column.texts[suspects[0]]} rows) is far below all other"
        " values and taken for none; take it out of missingValues if it is one"
    )
    absent = found.absent | {suspects[0]}
    return Guess(
        members=found.members, absent=absent, remarks=(*found.remarks, said), habits=found.habits
    )


def _near(column: Column, values: Sequence[str]) -> tuple[str, tuple[int, ...]] | None:
    """Say which type all but a few values of a column have, and where the other ones stand."""
    rows = sum(column.texts[value] for value in values)
    if rows < _NEARLY_ROWS or len(values) < _NEARLY_ROWS // 2:
        return None
    forms = [(k, form) for k, _, form in _layouts_of_any(values)]
    forms += [("number", re.compile(style.form)) for style in STYLES if style.is_bare]
    for kind, form in forms:
        odd = [value for value in values if not form.fullmatch(value)]
        missed = sum(column.texts[value] for value in odd)
        if odd and missed <= rows * NEARLY_SHARE:
            lines = tuple(sorted(column.first_lines[value] for value in odd))
            would_lose = kind == "number" and any(map(_LEADING_ZERO.fullmatch, values))
            advice = (
                "it stays text, as zeros in front would be lost by a number"
                if would_lose
                else f"it stays text, or declare {kind} and those rows are rejected"
            )
            what = f"{column.name} is a {kind} but for {missed:,} of {rows:,} rows"
            return f"{what}: line {lines[0]:,}; {advice}", lines
    return None


def _layouts_of_any(values: Sequence[str]) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    for example in (values[0], values[len(values) // 2]):
        yield from layouts(example)


def _all(form: re.Pattern[str], values: Collection[str]) -> bool:
    return all(map(form.fullmatch, values))
