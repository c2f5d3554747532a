"""The functions on numbers.

Source: https://docs.jsonata.org/numeric-functions
"""

from __future__ import annotations

import math
import random as generator
import re
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.values import UNDEFINED, Value

_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_OTHER_BASES: Final = re.compile(r"0([xX][0-9A-Fa-f]+|[oO][0-7]+|[bB][01]+)")
_MOST_PLACES: Final = 350  # more than a double can have
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def number(value: Value) -> Value:
    """`$number(value)`.

    Raises:
        JsonataError: `D3030`, it stands for no number.
    """
    if value is UNDEFINED:
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value) and math.isfinite(float(value)):
        return float(value)
    if isinstance(value, str) and _OTHER_BASES.fullmatch(value):
        return int(value, 0)
    raise JsonataError("D3030", value=value)


def absolute(value: Value) -> Value:
    """`$abs(number)`."""
    return value if value is UNDEFINED else abs(value)


def floor(value: Value) -> Value:
    """`$floor(number)`."""
    return value if value is UNDEFINED else _whole(value, math.floor)


def ceil(value: Value) -> Value:
    """`$ceil(number)`."""
    return value if value is UNDEFINED else _whole(value, math.ceil)


def _whole(value: float, cut: Value) -> Value:
    return cut(value) if math.isfinite(value) else value


def rounded(value: Value, precision: Value = 0) -> Value:
    """`$round(number[, precision])`: halves to even, seen as the number is written.

    >>> [rounded(n) for n in (11.5, 12.5, -0.4)], rounded(4.525, 2), rounded(125, -1)
    ([12, 12, 0], 4.52, 120)
    """
    if value is UNDEFINED or not math.isfinite(value):
        return value
    if precision != math.trunc(precision) or abs(precision) > _MOST_PLACES:
        return math.nan
    with localcontext() as context:
        context.prec = 800
        places = Decimal(1).scaleb(-math.trunc(precision))
        result = Decimal(repr(value)).quantize(places, ROUND_HALF_EVEN)
    number_ = float(result)
    return int(number_) if number_.is_integer() and abs(number_) <= 2**53 else number_


def power(base: Value, exponent: Value) -> Value:
    """`$power(base, exponent)`.

    Raises:
        JsonataError: `D3061`, the result is no finite number.
    """
    if base is UNDEFINED:
        return base
    try:
        result = math.nan if exponent is UNDEFINED else math.pow(base, exponent)
    except (OverflowError, ValueError):
        result = math.inf
    if not math.isfinite(result):
        given = {} if exponent is UNDEFINED else {"exp": exponent}
        raise JsonataError("D3061", value=base, **given)
    return result


def square_root(value: Value) -> Value:
    """`$sqrt(number)`.

    Raises:
        JsonataError: `D3060`, the number is negative.
    """
    if value is UNDEFINED:
        return value
    if value < 0:
        raise JsonataError("D3060", value=value)
    return math.sqrt(value)


def random() -> float:
    """`$random()`: from 0 (included) to 1 (not)."""
    return generator.random()  # noqa: S311 - the language promises no secrecy


def format_base(value: Value, radix: Value) -> Value:
    """`$formatBase(number[, radix])`.

    Raises:
        JsonataError: `D3100`, the radix is not from 2 to 36.
    """
    if value is UNDEFINED:
        return value
    base = 10 if radix is UNDEFINED else rounded(radix)
    if not 2 <= base <= len(_DIGITS):
        raise JsonataError("D3100", value=base)
    rest = abs(int(rounded(value)))
    digits = ""
    while rest or not digits:
        rest, digit = divmod(rest, int(base))
        digits = _DIGITS[digit] + digits
    return f"-{digits}" if rounded(value) < 0 else digits


def total(values: Value) -> Value:
    """`$sum(numbers)`."""
    if values is UNDEFINED:
        return values
    result = 0.0
    for value in values:
        result += value
    return result


def maximum(values: Value) -> Value:
    """`$max(numbers)`."""
    return UNDEFINED if values is UNDEFINED or not values else max(values)


def minimum(values: Value) -> Value:
    """`$min(numbers)`."""
    return UNDEFINED if values is UNDEFINED or not values else min(values)


def average(values: Value) -> Value:
    """`$average(numbers)`."""
    if values is UNDEFINED or not values:
        return UNDEFINED
    return total(values) / len(values)


def count(values: Value) -> int:
    """`$count(array)`."""
    return 0 if values is UNDEFINED else len(values)
