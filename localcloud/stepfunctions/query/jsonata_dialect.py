"""Where the library departs from the reference implementation of JSONata, which AWS runs.

Arithmetic there is that of IEEE 754: `5.5 % 2` is 1.5, and `1 / 0` is infinite, which is an error
only when it is calculated with again. AWS writes such a result as text.
An argument that is null there is no missing argument, and errors name the argument at fault.
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

    def validate_arguments(self, signature: Json, args: Json, context: Json) -> Json:
        """The arguments of a function as its signature wants them.

        Raises:
            JException: `T0410`, `T0411` or `T0412`, naming the argument that does not fit.
        """
        rule = getattr(signature, "signature", None)
        if rule is None:
            return super().validate_arguments(signature, args, context)
        if any(arg is Utils.NULL_VALUE for arg in args):
            args = _with_nulls(rule, args)
        try:
            return super().validate_arguments(signature, args, context)
        except JException as error:
            if error.error == "T0410":
                raise _misfit(rule, _symbols(rule, args)) from error
            if error.error == "T0411":  # the library puts the context's value first
                raise JException("T0411", -1, error.expected, rule.function_name) from error
            raise


def _symbols(rule: Json, args: list[Json]) -> str:
    """One letter for the type of each argument; the library has none for null."""
    return "".join("l" if arg is Utils.NULL_VALUE else rule.get_symbol(arg) for arg in args)


def _misfit(rule: Json, supplied: str) -> JException:
    """The error about the first argument that no longer fits."""
    pattern, fitting = "", 0
    for param in rule._params:  # noqa: SLF001 - the library keeps the parts of a signature there
        pattern += param.regex
        found = re.match(pattern, supplied)
        if found is None:
            break
        fitting = found.end()
    return JException("T0410", -1, fitting + 1, rule.function_name)


def _with_nulls(rule: Json, args: list[Json]) -> list[Json]:
    """The arguments, where a null for an array has become an array of null."""
    supplied = _symbols(rule, args)
    if not rule._regex.fullmatch(supplied):  # noqa: SLF001 - as above
        raise _misfit(rule, supplied)
    params = [*rule._params, *[None] * len(args)]  # noqa: SLF001 - as above
    placed = []
    for position, (arg, param) in enumerate(zip(args, params, strict=False), 1):
        if arg is not Utils.NULL_VALUE or param is None or param.type != "a":
            placed.append(arg)
        elif param.subtype is None:
            placed.append([arg])
        else:
            raise JException("T0412", -1, position, rule.function_name, param.subtype)
    return placed


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


def distinct(values: Json = None) -> Json:
    """`$distinct(array)`: the first of each group of equal elements, where `true` is not 1."""
    if not isinstance(values, list) or len(values) <= 1:
        return values
    first = {_identity(value): value for value in reversed(values)}
    kept = [first.pop(key) for key in map(_identity, values) if key in first]
    return Utils.create_sequence_from_iter(kept) if Utils.is_sequence(values) else kept


def _identity(value: Json) -> Json:
    """Something hashable that equal JSON values share."""
    if isinstance(value, dict):
        return "object", frozenset((key, _identity(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", tuple(map(_identity, value))
    return isinstance(value, bool), value


CORRECTED: Final = {
    name: Jsonata.JFunction(Jsonata.JLambda(function), signature)
    for name, function, signature in (
        ("number", to_number, "<(nsb)-:n>"),
        ("sort", sort, "<af?:a>"),
        ("distinct", distinct, "<x:x>"),
    )
}
