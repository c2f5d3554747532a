"""How numbers are written in a column, and each number in the one canonical form.

The members are those of Table Schema where it has them; an exponent, which it allows everywhere,
is declared by `exponent`, and more digits than usual by `digits` and `decimals`.
Source: https://datapackage.org/standard/table-schema/#number

>>> euros = NumberFormat(decimal=",", group=".", is_bare=False)
>>> euros.canonical("-1.234,50 €"), euros.canonical("1,2,3")
('-1234.5', None)
>>> NumberFormat(has_exponent=True).canonical("1.20E-3")
'0.0012'
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Self

from pipeline.contracts.canonical import canonical_number
from pipeline.contracts.document import Section
from pipeline.contracts.patterns import literal

MAX_DIGITS = 38
"""Of DynamoDB's numbers, and of decimals everywhere.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

USUAL_DIGITS, USUAL_DECIMALS = 29, 9
"""Of numbers, and how many of them stand behind the point: fits DynamoDB's numbers, exactly."""

USUAL_INTEGER_DIGITS = 18
"""Fit a signed 64-bit integer."""

MEMBERS = {
    "integer": ("groupChar", "bareNumber", "digits"),
    "number": ("decimalChar", "groupChar", "bareNumber", "exponent", "digits", "decimals"),
}
"""The members that a field of a type may have, in the words of Table Schema where it has them."""

_SYMBOLS = "[$\u00a2-\u00a5\u20a0-\u20c0]"
_AFFIX = f"(?:{_SYMBOLS}|[A-Z]{{3}}|[A-Z]{{1,2}}[$]|kr[.]?|K\u010d|z\u0142|Ft|Fr[.]|[%\u2030])"
"""Currencies by symbol, code (ISO 4217) or common abbreviation, per cent and per mille."""

_DERIVED = frozenset({"is_plain", "parts"})
_FORBIDDEN = frozenset("0123456789+-eE \r\n\0")


@dataclass(frozen=True, kw_only=True)
class NumberFormat:
    """What stands between the digits of a number, and around them."""

    decimal: str = "."
    group: str = ""
    is_bare: bool = True
    has_exponent: bool = False
    digits: int = USUAL_DIGITS
    decimals: int = USUAL_DECIMALS
    """How many of the digits stand behind the point."""
    keeps_zeros: bool = True
    """Whether zeros and a plus in front, which are lost, are accepted."""

    @classmethod
    def parse(cls, section: Section, kind: str, *, keeps_zeros: bool) -> Self:
        """Read the members of a field of the type integer or number.

        Raises:
            ContractError: They contradict each other.
        """
        decimal, group = _mark(section, "decimalChar", "."), _mark(section, "groupChar", "")
        if decimal == group and kind == "number":
            raise section.refuse("groupChar", "must differ from decimalChar")
        digits, decimals = _sizes(section, kind)
        return cls(
            decimal=decimal,
            group=group,
            is_bare=section.flag("bareNumber", default=True),
            has_exponent=section.flag("exponent", default=False),
            digits=digits,
            decimals=decimals,
            keeps_zeros=keeps_zeros or kind == "number",
        )

    @classmethod
    def of_integers(cls, digits: int = USUAL_INTEGER_DIGITS) -> Self:
        """Return the usual format of whole numbers."""
        return cls(digits=digits, decimals=0)

    @property
    def is_plain(self) -> bool:
        """Whether numbers are written as programs write them."""
        return self == self.plain

    @property
    def plain(self) -> Self:
        """The format in which programs, and contracts, write the same numbers."""
        return replace(self, decimal=".", group="", is_bare=True, has_exponent=False)

    @property
    def form(self) -> str:
        """The expression that a cell matches as a whole; blanks may stand around it."""
        return f" *{self._parts('(?:')} *"

    @property
    def parts(self) -> str:
        """The same without blanks: its groups, joined, are sign and number."""
        return self._parts("(")

    def _parts(self, group: str) -> str:
        sign = "[+-]?" if self.keeps_zeros else "-?"
        if self.is_bare:
            return f"{group}{sign}{self._digits})"
        blanks = "[ \u00a0\u202f]?"
        before, after = f"{_AFFIX}{blanks}", f"(?:{blanks}{_AFFIX})?"
        signs = f"(?:{group}{sign})(?:{before})?|{before}{group}{sign}))"
        return f"{signs}{group}{self._digits}){after}"

    @property
    def _digits(self) -> str:
        most = self.digits - self.decimals
        whole = f"[0-9]{{1,{most}}}" if self.keeps_zeros else f"(?:0|[1-9][0-9]{{0,{most - 1}}})"
        if self.group:
            g = literal(self.group)
            by_three = f"[0-9]{{1,3}}(?:{g}[0-9]{{3}}){{1,12}}"
            by_two = f"[0-9]{{1,2}}(?:{g}[0-9]{{2}}){{1,18}}{g}[0-9]{{3}}"
            whole = f"(?:{by_three}|{by_two}|{whole})"
        fraction = (
            f"(?:{literal(self.decimal)}[0-9]{{1,{self.decimals}}})?" if self.decimals else ""
        )
        exponent = "(?:[eE][+-]?[0-9]{1,3})?" if self.has_exponent else ""
        return f"{whole}{fraction}{exponent}"

    def document(self) -> dict[str, Any]:
        """Return the format as rules carry it."""
        return {**asdict(self), "is_plain": self.is_plain, "parts": self.parts}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return the format that rules carry."""
        return cls(**{name: value for name, value in document.items() if name not in _DERIVED})

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.parts)

    def canonical(self, text: str) -> str | None:
        """Return the canonical form of a cell; None if it is no number, or has too many digits."""
        found = self._pattern.fullmatch(text.strip(" "))
        if not found:
            return None
        number = "".join(part or "" for part in found.groups())
        plain = number.replace(self.group, "") if self.group else number
        plain = _expanded(plain.replace(self.decimal, "."))
        canonical = canonical_number(plain)
        whole, _, fraction = canonical.lstrip("-").partition(".")
        fits = len(whole) <= self.digits - self.decimals and len(fraction) <= self.decimals
        return canonical if fits else None


def _expanded(number: str) -> str:
    """Return a number without its exponent."""
    mantissa, mark, exponent = number.lower().partition("e")
    if not mark:
        return number
    sign = mantissa[:1] if mantissa[:1] in {"+", "-"} else ""
    whole, _, fraction = mantissa.removeprefix(sign).partition(".")
    digits, point = whole + fraction, len(whole) + int(exponent)
    digits = "0" * (1 - point) + digits + "0" * (point - len(digits))
    point = max(point, 1)
    return f"{sign}{digits[:point]}.{digits[point:] or '0'}"


def _mark(section: Section, name: str, default: str) -> str:
    mark = section.text(name, default)
    if mark != default and (len(mark) != 1 or mark in _FORBIDDEN - {" "}):
        raise section.refuse(name, "must be one character that is neither digit, sign nor line end")
    return mark


def _sizes(section: Section, kind: str) -> tuple[int, int]:
    """Return how many digits numbers may have, and how many of them behind the point."""
    if kind == "integer":
        digits = section.count("digits", USUAL_INTEGER_DIGITS, least=1) or 0
        decimals = 0
    else:
        digits = section.count("digits", USUAL_DIGITS, least=1) or 0
        decimals = section.count("decimals", min(USUAL_DECIMALS, digits - 1)) or 0
    if digits > MAX_DIGITS:
        raise section.refuse("digits", f"must be at most {MAX_DIGITS}, which DynamoDB holds")
    if decimals >= digits:
        raise section.refuse("decimals", "must be less than digits")
    return digits, decimals
