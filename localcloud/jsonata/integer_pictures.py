"""Integers by a picture: digits, letters, Roman numerals or words.

Source: https://www.w3.org/TR/xpath-functions-31/#formatting-integers
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.number_pictures import regular_distance
from localcloud.jsonata.number_words import WORD, number_in_words, words_to_number
from localcloud.jsonata.values import UNDEFINED, Value
from localcloud.jsonata.writing import number_text

# The zeros of the families of digits that a picture may be written with.
_ZEROS: Final = (
    0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6,
    0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80,
    0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0xFF10,
)  # fmt: skip
_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_ROMAN_VALUES: Final = {"m": 1000, "d": 500, "c": 100, "l": 50, "x": 10, "v": 5, "i": 1}
_KINDS: Final = {
    "A": "letters", "a": "letters", "I": "roman", "i": "roman", "W": "words", "Ww": "words",
    "w": "words",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerFormat:
    """What a picture asks for; `separators` are distances from the right, with a character."""

    kind: str
    picture: str
    ordinal: bool = False
    zero: int = 0x30
    mandatory: int = 0
    optional: int = 0
    separators: tuple[tuple[int, str], ...] = ()
    regular: int = 0

    def padded_to(self, digits: int) -> IntegerFormat:
        """The same, with so many mandatory digits."""
        return replace(self, mandatory=digits)


@lru_cache(maxsize=256)
def integer_format(picture: str) -> IntegerFormat:
    """The format that a picture describes.

    Raises:
        JsonataError: `D3131`, its digits are of more than one family.
    """
    primary, semicolon, modifier = picture.rpartition(";")
    if not semicolon:
        primary, modifier = picture, ""
    ordinal = modifier.startswith("o")
    kind = _KINDS.get(primary)
    if kind:
        return IntegerFormat(kind=kind, picture=primary, ordinal=ordinal)
    zeros: set[int] = set()
    separators: list[tuple[int, str]] = []
    mandatory = optional = 0
    for char in reversed(primary):
        zero = next((z for z in _ZEROS if z <= ord(char) <= z + 9), None)
        if zero is not None:
            zeros.add(zero)
            mandatory += 1
        elif char == "#":
            optional += 1
        else:
            separators.append((mandatory + optional, char))
    if len(zeros) > 1:
        raise JsonataError("D3131")
    if not zeros:
        return IntegerFormat(kind="sequence", picture=primary, ordinal=ordinal)
    alike = len({char for _, char in separators}) == 1
    return IntegerFormat(
        kind="decimal",
        picture=primary,
        ordinal=ordinal,
        zero=zeros.pop(),
        mandatory=mandatory,
        optional=optional,
        separators=tuple(separators),
        regular=regular_distance(tuple(at for at, _ in separators)) if alike else 0,
    )


def format_integer(value: Value, picture: Value) -> Value:
    """`$formatInteger(number, picture)`."""
    return value if value is UNDEFINED else formatted(math.floor(value), integer_format(picture))


def formatted(value: int, form: IntegerFormat) -> str:
    """An integer in a format.

    Raises:
        JsonataError: `D3130`, the picture starts a sequence that is not known.
    """
    if form.kind == "sequence":
        raise JsonataError("D3130", value=form.picture)
    text = _FORMATTERS[form.kind](abs(value), form)
    return f"-{text}" if value < 0 else text


def _letters(value: int, form: IntegerFormat) -> str:
    text = ""
    while value > 0:
        value, letter = divmod(value - 1, 26)
        text = chr(ord(form.picture) + letter) + text
    return text


def _roman(value: int, form: IntegerFormat) -> str:
    text = ""
    for worth, numeral in _ROMAN:
        text += numeral * (value // worth)
        value %= worth
    return text.upper() if form.picture == "I" else text


def _words(value: int, form: IntegerFormat) -> str:
    text = number_in_words(value, ordinal=form.ordinal)
    return {"W": text.upper(), "w": text.lower()}.get(form.picture, text)


def _decimal(value: int, form: IntegerFormat) -> str:
    text = number_text(value).rjust(form.mandatory, "0")
    if form.zero != 0x30:
        text = "".join(chr(ord(char) - 0x30 + form.zero) for char in text)
    separators = form.separators[::-1]
    if form.regular:
        char = separators[0][1]
        count = (len(text) - 1) // form.regular
        separators = tuple((form.regular * number, char) for number in range(count, 0, -1))
    for position, char in separators:
        at = max(len(text) - position, 0)
        text = text[:at] + char + text[at:]
    return text + _suffix(text) if form.ordinal else text


def _suffix(digits: str) -> str:
    if digits[-2:-1] == "1":
        return "th"
    return {"1": "st", "2": "nd", "3": "rd"}.get(digits[-1], "th")


_FORMATTERS: Final[dict[str, Callable[[int, IntegerFormat], str]]] = {
    "letters": _letters,
    "roman": _roman,
    "words": _words,
    "decimal": _decimal,
}


@dataclass(frozen=True, slots=True)
class Reader:
    """How text in a format is found (`pattern`), and what it stands for (`read`)."""

    pattern: str
    read: Callable[[str], float | None]


def reader(form: IntegerFormat, width: int = -1) -> Reader:
    """What reads integers of a format; `width` is how many digits there are, if that is known.

    Raises:
        JsonataError: `D3130`, the picture starts a sequence that is not known.
    """
    match form.kind:
        case "letters":
            first = ord(form.picture)
            return Reader("[A-Z]+" if form.picture == "A" else "[a-z]+", _read_letters(first))
        case "roman":
            upper = form.picture == "I"
            return Reader("[MDCLXVI]+" if upper else "[mdclxvi]+", _read_roman)
        case "words":
            return Reader(f"(?:{WORD})+", lambda text: words_to_number(text.lower()))
        case "decimal":
            least = width - form.optional
            times = f"{{{least},{width}}}" if width > 0 else "+"
            suffix = "(?:th|st|nd|rd)" if form.ordinal else ""
            return Reader(f"[0-9]{times}{suffix}", lambda text: _read_decimal(text, form))
    raise JsonataError("D3130", value=form.picture)


def _read_letters(first: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        return sum((ord(char) - first + 1) * 26**at for at, char in enumerate(reversed(text)))

    return read


def _read_roman(text: str) -> int:
    total, highest = 0, 1
    for char in reversed(text.lower()):
        value = _ROMAN_VALUES.get(char, 0)
        total += -value if value < highest else value
        highest = max(highest, value)
    return total


def _read_decimal(text: str, form: IntegerFormat) -> int | None:
    digits = text[:-2] if form.ordinal else text
    for char in {","} if form.regular else {char for _, char in form.separators}:
        digits = digits.replace(char, "")
    if form.zero != 0x30:
        digits = "".join(chr(ord(char) - form.zero + 0x30) for char in digits)
    found = re.match(r"\s*[-+]?[0-9]+", digits)
    return int(found[0]) if found else None


def parse_integer(value: Value, picture: Value) -> Value:
    """`$parseInteger(string, picture)`."""
    if value is UNDEFINED:
        return value
    number = reader(integer_format(picture)).read(value)
    return math.nan if number is None else number
