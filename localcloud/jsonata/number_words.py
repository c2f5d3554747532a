"""Numbers in English words, and back."""

from __future__ import annotations

import math
import re
from typing import Final

_FEW: Final = (
    "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
    "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen",
    "Nineteen",
)  # fmt: skip
_ORDINALS: Final = (
    "Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth",
    "Ninth", "Tenth", "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth",
    "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth",
)  # fmt: skip
_TENS: Final = ("Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety")
_MAGNITUDES: Final = ("Thousand", "Million", "Billion", "Trillion")

_VALUES: Final[dict[str, float]] = {
    **{word.lower(): value for value, word in enumerate(_FEW)},
    **{word.lower(): value for value, word in enumerate(_ORDINALS)},
    **{word.lower(): value * 10 for value, word in enumerate(_TENS, 2)},
    **{word.lower()[:-1] + "ieth": value * 10 for value, word in enumerate(_TENS, 2)},
    **{"hundred" + ending: 100 for ending in ("", "th")},
    **{
        word.lower() + ending: 1000.0**power
        for power, word in enumerate(_MAGNITUDES, 1)
        for ending in ("", "th")
    },
}
_SEPARATORS: Final = re.compile(r",\s|\sand\s|[\s\\-]")

# A pattern for one word of a number, or what stands between two.
WORD: Final = "|".join([*sorted(_VALUES, key=len, reverse=True), "and", "[-, ]"])


def number_in_words(number: float, *, ordinal: bool) -> str:
    """The number in words, with capitals.

    >>> number_in_words(1121, ordinal=True), number_in_words(30, ordinal=False)
    ('One Thousand, One Hundred and Twenty-First', 'Thirty')
    """
    return _words(float(number), follows=False, ordinal=ordinal)


def _words(number: float, *, follows: bool, ordinal: bool) -> str:
    """`follows` says that something larger stands in front."""
    if number < 20:
        word = (_ORDINALS if ordinal else _FEW)[int(number)]
        return f" and {word}" if follows else word
    if number < 100:
        tens, units = divmod(int(number), 10)
        word = (" and " if follows else "") + _TENS[tens - 2]
        if units:
            return f"{word}-{_words(units, follows=False, ordinal=ordinal)}"
        return f"{word[:-1]}ieth" if ordinal else word
    power = min(math.floor(math.log10(number) / 3), len(_MAGNITUDES))
    unit = 1000.0**power if power else 100.0
    leading = math.floor(number / unit)
    word = _words(leading, follows=False, ordinal=False)
    text = f"{', ' if follows else ''}{word} {_MAGNITUDES[power - 1] if power else 'Hundred'}"
    rest = number - leading * unit
    if rest > 0:
        return text + _words(rest, follows=True, ordinal=ordinal)
    return f"{text}th" if ordinal else text


def words_to_number(text: str) -> float | None:
    """What words in small letters stand for; nothing when one of them is unknown.

    >>> words_to_number("one thousand, one hundred and twenty-first")
    1121.0
    """
    sums = [0.0]
    for word in _SEPARATORS.split(text):
        value = _VALUES.get(word)
        if value is None:
            return None
        if value >= 100:
            sums[-1] *= value
        elif sums[-1] >= 1000:
            sums.append(value)
        else:
            sums[-1] += value
    return sum(sums)
