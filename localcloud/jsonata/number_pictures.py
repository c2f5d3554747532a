"""`$formatNumber`: numbers by a picture such as `#,##0.00`.

Source: https://www.w3.org/TR/xpath-functions-31/#formatting-numbers
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.numbers import rounded
from localcloud.jsonata.values import UNDEFINED, Value

_DEFAULTS: Final = {
    "decimal-separator": ".",
    "grouping-separator": ",",
    "exponent-separator": "e",
    "minus-sign": "-",
    "percent": "%",
    "per-mille": "‰",
    "zero-digit": "0",
    "digit": "#",
    "pattern-separator": ";",
}


@dataclass(frozen=True, slots=True)
class _Signs:
    decimal: str
    grouping: str
    exponent: str
    minus: str
    percent: str
    per_mille: str
    zero: str
    optional: str
    pattern: str

    @property
    def digits(self) -> str:
        return "".join(chr(ord(self.zero[0]) + value) for value in range(10))

    @property
    def active(self) -> str:
        marks = self.decimal + self.exponent + self.grouping + self.optional + self.pattern
        return self.digits + marks

    def count_digits(self, part: str, *, optional: bool = False) -> int:
        counted = self.digits + (self.optional if optional else "")
        return sum(char in counted for char in part)


@dataclass(frozen=True, slots=True)
class _Parts:
    """A sub-picture taken apart."""

    picture: str
    prefix: str
    suffix: str
    active: str
    mantissa: str
    exponent: str | None
    integer: str
    fraction: str


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a sub-picture asks for: sizes are numbers of digits."""

    picture: str
    prefix: str
    suffix: str
    grouping: tuple[int, ...]
    regular: int
    fraction_grouping: tuple[int, ...]
    scale: int
    least_integer: int
    least_fraction: int
    most_fraction: int
    least_exponent: int


def format_number(value: Value, picture: Value, options: Value) -> Value:
    """`$formatNumber(number, picture[, options])`.

    Raises:
        JsonataError: `D3080` to `D3093`, the picture is none.
    """
    if value is UNDEFINED:
        return value
    given = options if isinstance(options, dict) else {}
    signs = _Signs(*(str(given.get(name, default)) for name, default in _DEFAULTS.items()))
    positive, negative = _layouts(str(picture), signs)
    layout = positive if value >= 0 else negative
    number = float(value)
    if signs.percent in layout.picture:
        number *= 100
    elif signs.per_mille in layout.picture:
        number *= 1000
    mantissa, exponent = _scaled(number, layout)
    text = _mantissa(rounded(mantissa, layout.most_fraction), layout, signs)
    if exponent is not None:
        digits = _digits(abs(exponent), 0, signs).rjust(layout.least_exponent, signs.zero)
        text += signs.exponent + (signs.minus if exponent < 0 else "") + digits
    return layout.prefix + text + layout.suffix


@lru_cache(maxsize=256)
def _layouts(picture: str, signs: _Signs) -> tuple[_Layout, _Layout]:
    """For positive numbers, and for negative ones."""
    pictures = picture.split(signs.pattern)
    if len(pictures) > 2:
        raise JsonataError("D3080")
    parts = [_parts(each, signs) for each in pictures]
    for each in parts:
        _check(each, signs)
    layouts = [_layout(each, signs) for each in parts]
    if len(layouts) == 1:
        layouts.append(replace(layouts[0], prefix=signs.minus + layouts[0].prefix))
    return layouts[0], layouts[1]


def _parts(picture: str, signs: _Signs) -> _Parts:
    marking = [at for at, char in enumerate(picture) if char in signs.active]
    marking = [at for at in marking if picture[at] != signs.exponent]
    if not marking:
        raise JsonataError("D3085")
    prefix, suffix = picture[: marking[0]], picture[marking[-1] + 1 :]
    active = picture[marking[0] : marking[-1] + 1]
    at = picture.find(signs.exponent, len(prefix))
    has_exponent = 0 <= at <= len(picture) - len(suffix)
    mantissa = active[:at] if has_exponent else active
    integer, _, fraction = mantissa.partition(signs.decimal)
    exponent = active[at + 1 :] if has_exponent else None
    return _Parts(picture, prefix, suffix, active, mantissa, exponent, integer, fraction)


def _check(parts: _Parts, signs: _Signs) -> None:
    """The last rule that is broken is the one that is told."""
    picture, point = parts.picture, parts.picture.find(signs.decimal)
    scales = signs.percent in picture or signs.per_mille in picture
    around = picture[max(point - 1, 0) : point] + picture[point + 1 : point + 2]
    before, _, _ = parts.integer.partition(signs.optional)
    _, found, after = parts.fraction.rpartition(signs.optional)
    exponent = parts.exponent
    rules = {
        "D3081": picture.count(signs.decimal) > 1,
        "D3082": picture.count(signs.percent) > 1,
        "D3083": picture.count(signs.per_mille) > 1,
        "D3084": signs.percent in picture and signs.per_mille in picture,
        "D3085": not signs.count_digits(parts.mantissa, optional=True),
        "D3086": any(char not in signs.active for char in parts.active),
        "D3087": point >= 0 and signs.grouping in around,
        "D3088": point < 0 and parts.integer.endswith(signs.grouping),
        "D3089": signs.grouping * 2 in picture,
        "D3090": signs.optional in parts.integer and signs.count_digits(before) > 0,
        "D3091": bool(found) and signs.count_digits(after) > 0,
        "D3092": bool(exponent) and scales,
        "D3093": exponent is not None and signs.count_digits(exponent) != (len(exponent) or -1),
    }
    broken = [code for code, is_broken in rules.items() if is_broken]
    if broken:
        raise JsonataError(broken[-1])


def _layout(parts: _Parts, signs: _Signs) -> _Layout:
    grouping = _grouping(parts.integer, parts.integer, signs, to_left=False)
    scale = least_integer = signs.count_digits(parts.integer)
    least_fraction = signs.count_digits(parts.fraction)
    most_fraction = signs.count_digits(parts.fraction, optional=True)
    has_exponent = parts.exponent is not None
    if not least_integer and not most_fraction:
        if has_exponent:
            least_fraction = most_fraction = 1
        else:
            least_integer = 1
    if has_exponent and not least_integer and signs.optional in parts.integer:
        least_integer = 1
    if not least_integer and not least_fraction:
        least_fraction = 1
    return _Layout(
        picture=parts.picture,
        prefix=parts.prefix,
        suffix=parts.suffix,
        grouping=grouping,
        regular=regular_distance(grouping),
        fraction_grouping=_grouping(parts.fraction, parts.integer, signs, to_left=True),
        scale=scale,
        least_integer=least_integer,
        least_fraction=least_fraction,
        most_fraction=most_fraction,
        least_exponent=signs.count_digits(parts.exponent or ""),
    )


def _grouping(part: str, integer: str, signs: _Signs, *, to_left: bool) -> tuple[int, ...]:
    """How many digits stand beside each separator; later ones are looked for in the integer."""
    positions = []
    at = part.find(signs.grouping)
    while at >= 0:
        beside = part[:at] if to_left else part[at:]
        positions.append(signs.count_digits(beside, optional=True))
        at = integer.find(signs.grouping, at + 1)
    return tuple(positions)


def regular_distance(positions: tuple[int, ...]) -> int:
    """The distance between separators that are spaced evenly; 0 for others.

    >>> regular_distance((9, 6, 3)), regular_distance((5, 3)), regular_distance(())
    (3, 0, 0)
    """
    if not positions:
        return 0
    distance = reduce(math.gcd, positions)
    wanted = {distance * number for number in range(1, len(positions) + 1)}
    return distance if wanted <= set(positions) else 0


def _scaled(number: float, layout: _Layout) -> tuple[float, int | None]:
    """The number as mantissa and exponent of ten, where the picture has one."""
    if not layout.least_exponent:
        return number, None
    most, least = 10.0**layout.scale, 10.0 ** (layout.scale - 1)
    mantissa, exponent = number, 0
    while mantissa and abs(mantissa) < least:
        mantissa *= 10
        exponent -= 1
    while abs(mantissa) > most:
        mantissa /= 10
        exponent += 1
    return mantissa, exponent


def _digits(number: float, places: int, signs: _Signs) -> str:
    written = f"{abs(number):.{places}f}"
    return written.translate(str.maketrans("0123456789", signs.digits))


def _mantissa(number: float, layout: _Layout, signs: _Signs) -> str:
    whole, _, fraction = _digits(number, layout.most_fraction, signs).partition(".")
    whole = whole.lstrip(signs.zero).rjust(layout.least_integer, signs.zero)
    fraction = fraction.rstrip(signs.zero).ljust(layout.least_fraction, signs.zero)
    if layout.regular:
        for group in range(1, (len(whole) - 1) // layout.regular + 1):
            at = len(whole) - group * layout.regular - (group - 1)
            whole = whole[:at] + signs.grouping + whole[at:]
        text = whole + signs.decimal + fraction
    else:
        text, point = whole + signs.decimal + fraction, len(whole)
        for position in layout.grouping:
            at = point - position
            text = text[:at] + signs.grouping + text[at:]
            point += 1
    point = text.find(signs.decimal)
    for position in layout.fraction_grouping:
        at = position + point + 1
        text = text[:at] + signs.grouping + text[at:]
    if signs.decimal not in layout.picture or text.find(signs.decimal) == len(text) - 1:
        return text[:-1]
    return text
