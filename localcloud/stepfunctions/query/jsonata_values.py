"""Values on their way into JSONata and back.

The library uses None for "nothing" (undefined) and an object of its own for JSON's null.
JSONata numbers are doubles, so a whole result has no fraction, whatever it was written like.
"""

from __future__ import annotations

import math
from typing import Final

from jsonata import Utils

from localcloud.stepfunctions.query.json_text import encode
from localcloud.stepfunctions.query.scope import ABSENT, Json

_NULL: Final = Utils.NULL_VALUE
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


def into(value: Json) -> Json:
    """The value with the library's null; the same object when it holds no null."""
    if value is ABSENT or "null" not in encode(value):  # encoding is four times as fast as a walk
        return value
    return _with_nulls(value)


def _with_nulls(value: Json) -> Json:
    if value is None:
        return _NULL
    if isinstance(value, dict):
        return {key: _with_nulls(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_nulls(item) for item in value]
    return value


def out_of(value: Json) -> Json:
    """The JSON value of a result, or a JSON value with its numbers as JSONata has them.

    Raises:
        NotJsonError: it holds a function.
    """
    if value is _NULL:
        return None
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return _double(value)
    if isinstance(value, dict):
        return {key: out_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [out_of(value[index]) for index in range(len(value))]  # a range iterates one short
    raise NotJsonError(f"a {type(value).__name__} is no JSON value")


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
