"""Where the library departs from the reference implementation of JSONata, which AWS runs.

Arithmetic there is that of IEEE 754: `5.5 % 2` is 1.5, and `1 / 0` is infinite, which is an error
only when it is calculated with again. AWS writes such a result as text.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Final

from jsonata import Functions, JException, Jsonata, Utils

from localcloud.stepfunctions.query.scope import Json

_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_OTHER_BASES: Final = re.compile(r"0([xX][0-9A-Fa-f]+|[oO][0-7]+|[bB][01]+)")


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


_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
    "%": remainder,
}


class Dialect(Jsonata):  # type: ignore[misc] # the library has no types
    """JSONata with the arithmetic of the reference implementation."""

    def evaluate_numeric_expression(self, lhs: Json, rhs: Json, op: str) -> Json:
        """The value of `lhs op rhs`; nothing when either is nothing."""
        for code, operand in (("T2001", lhs), ("T2002", rhs)):
            if operand is not None and not Utils.is_numeric(operand):
                raise JException(code, -1, op, operand)
        if lhs is None or rhs is None:
            return None
        result = _ARITHMETIC[op](float(lhs), float(rhs))
        return Utils.convert_number(result) if math.isfinite(result) else result


def to_number(value: Json = None) -> Json:
    """`$number(value)`."""
    if value is None or isinstance(value, int | float):
        return int(value) if isinstance(value, bool) else value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value)
    if isinstance(value, str) and _OTHER_BASES.fullmatch(value):
        return int(value, 0)
    raise JException("D3030", -1, None if value is Utils.NULL_VALUE else value)


def sort(values: Json = None, comparator: Json = None) -> Json:
    """`$sort(array[, function])`: without a function only texts or only numbers."""
    if comparator is None and isinstance(values, list) and len(values) > 1:
        texts = all(isinstance(value, str) for value in values)
        if not texts and not Utils.is_array_of_numbers(values):
            raise JException("D3070", -1)
    return Functions.sort(values, comparator)


CORRECTED: Final = {
    name: Jsonata.JFunction(Jsonata.JLambda(function), signature)
    for name, function, signature in (
        ("number", to_number, "<(nsb)-:n>"),
        ("sort", sort, "<af?:a>"),
    )
}
