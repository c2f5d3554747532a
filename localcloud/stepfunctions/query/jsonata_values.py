"""Values on their way out of JSONata.

JSONata numbers are doubles, so a whole result has no fraction, whatever it was written like.
"""

from __future__ import annotations

import math
from typing import Final

from localcloud.jsonata import UNDEFINED
from localcloud.stepfunctions.query.scope import Json

_EXACT_UP_TO: Final = 2**53  # doubles hold all integers to here
_LONG_UP_TO: Final = 2**63  # beyond it AWS writes an exponent

TYPE_NAMES: Final = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
}


class NotJsonError(TypeError):
    """A result that JSON cannot express, such as a function."""


def out_of(value: Json) -> Json:
    """The JSON value of a result, or a JSON value with its numbers as JSONata has them.

    Raises:
        NotJsonError: it holds a function.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return _double(value)
    if isinstance(value, dict):
        return {key: out_of(item) for key, item in value.items() if item is not UNDEFINED}
    if isinstance(value, list):
        return [None if item is UNDEFINED else out_of(item) for item in value]
    raise NotJsonError("a function is no JSON value")


def _double(number: float) -> float | str:
    if isinstance(number, int) and -_EXACT_UP_TO <= number <= _EXACT_UP_TO:
        return number
    value = float(number)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if value.is_integer() and abs(value) < _LONG_UP_TO else value


def type_name(value: Json) -> str:
    """What JSONata calls the type of a JSON value."""
    return TYPE_NAMES[type(value)]
