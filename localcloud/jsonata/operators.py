"""Operators on values, each `(left, right) -> value`."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.values import UNDEFINED, Sequence, Value, equal, is_number, text

_LONGEST_RANGE: Final = 10_000_000


def divide(left: float, right: float) -> float:
    """The quotient, which may be infinite or no number at all."""
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder(left: float, right: float) -> float:
    """The remainder, with the sign of the dividend; no number when the divisor is zero."""
    return math.fmod(left, right) if right else math.nan


def _arithmetic(calculate: Callable[[float, float], float], token: str) -> Operator:
    def apply(left: Value, right: Value) -> Value:
        for code, operand in (("T2001", left), ("T2002", right)):
            if operand is not UNDEFINED and not is_number(operand):
                raise JsonataError(code, token=token, value=operand)
        if left is UNDEFINED or right is UNDEFINED:
            return UNDEFINED
        return calculate(float(left), float(right))

    return apply


def _kind(value: Value) -> str:
    if value is UNDEFINED:
        return "nothing"
    if isinstance(value, str):
        return "text"
    is_numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_numeric else "other"


def _comparison(compare: Callable[[Value, Value], bool], token: str) -> Operator:
    def apply(left: Value, right: Value) -> Value:
        kinds = _kind(left), _kind(right)
        if "other" in kinds:
            raise JsonataError("T2010", token=token)
        if "nothing" in kinds:
            return UNDEFINED
        if kinds[0] != kinds[1]:
            raise JsonataError("T2009", value=left, value2=right, token=token)
        return compare(left, right)

    return apply


def _equals(left: Value, right: Value) -> bool:
    return left is not UNDEFINED and right is not UNDEFINED and equal(left, right)


def _differs(left: Value, right: Value) -> bool:
    return left is not UNDEFINED and right is not UNDEFINED and not equal(left, right)


def _concatenate(left: Value, right: Value) -> str:
    return "".join(text(value) for value in (left, right) if value is not UNDEFINED)


def _span(left: Value, right: Value) -> Value:
    for code, end in (("T2003", left), ("T2004", right)):
        if end is not UNDEFINED and not _is_whole(end):
            raise JsonataError(code, value=end)
    if left is UNDEFINED or right is UNDEFINED or left > right:
        return UNDEFINED
    size = int(right) - int(left) + 1
    if size > _LONGEST_RANGE:
        raise JsonataError("D2014", value=size)
    return Sequence(range(int(left), int(right) + 1))


def _is_whole(value: Value) -> bool:
    return type(value) is int or (isinstance(value, float) and value.is_integer())


def _includes(left: Value, right: Value) -> bool:
    """Whether the right side holds the left one; of objects and arrays, that very one."""
    if left is UNDEFINED or right is UNDEFINED:
        return False
    items = right if isinstance(right, list) else [right]
    if isinstance(left, dict | list):
        return any(item is left for item in items)
    return any(not isinstance(item, dict | list) and equal(left, item) for item in items)


Operator = Callable[[Value, Value], Value]

OPERATORS: Final[dict[str, Operator]] = {
    "+": _arithmetic(operator.add, "+"),
    "-": _arithmetic(operator.sub, "-"),
    "*": _arithmetic(operator.mul, "*"),
    "/": _arithmetic(divide, "/"),
    "%": _arithmetic(remainder, "%"),
    "=": _equals,
    "!=": _differs,
    "<": _comparison(operator.lt, "<"),
    "<=": _comparison(operator.le, "<="),
    ">": _comparison(operator.gt, ">"),
    ">=": _comparison(operator.ge, ">="),
    "&": _concatenate,
    "..": _span,
    "in": _includes,
}
