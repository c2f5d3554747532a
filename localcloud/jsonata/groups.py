"""The functions on arrays and objects, and those that take functions.

Source: https://docs.jsonata.org/array-functions, https://docs.jsonata.org/higher-order-functions
"""

from __future__ import annotations

import json
import random
from typing import NoReturn

from localcloud.jsonata.calling import apply
from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.running import Frame
from localcloud.jsonata.sorting import merge_sorted
from localcloud.jsonata.values import (
    UNDEFINED,
    Function,
    Sequence,
    Value,
    append,
    are_numbers,
    are_texts,
    text,
    truth,
    type_of,
)


def _called(function: Function, frame: Frame, *arguments: Value) -> Value:
    """What the function gives for as many of the arguments as it asks for, at least one."""
    return apply(function, list(arguments[: max(function.arity, 1)]), None, frame)


def mapped(frame: Frame, values: Value, function: Value) -> Value:
    """`$map(array, function)`."""
    if values is UNDEFINED:
        return values
    given = (_called(function, frame, item, at, values) for at, item in enumerate(values))
    return Sequence(value for value in given if value is not UNDEFINED)


def filtered(frame: Frame, values: Value, function: Value) -> Value:
    """`$filter(array, function)`."""
    if values is UNDEFINED:
        return values
    return Sequence(
        item for at, item in enumerate(values) if truth(_called(function, frame, item, at, values))
    )


def single(frame: Frame, values: Value, function: Value) -> Value:
    """`$single(array[, function])`.

    Raises:
        JsonataError: `D3138` or `D3139`, more than one item fits, or none.
    """
    if values is UNDEFINED:
        return values
    fitting = [
        item
        for at, item in enumerate(values)
        if function is UNDEFINED or truth(_called(function, frame, item, at, values))
    ]
    if len(fitting) != 1:
        raise JsonataError("D3138" if fitting else "D3139")
    return fitting[0]


def reduced(frame: Frame, values: Value, function: Value, start: Value) -> Value:
    """`$reduce(array, function[, init])`.

    Raises:
        JsonataError: `D3050`, the function takes less than two arguments.
    """
    if values is UNDEFINED:
        return values
    if function.arity < 2:
        raise JsonataError("D3050")
    first = 1 if start is UNDEFINED and values else 0
    result = values[0] if first else start
    for at in range(first, len(values)):
        result = _called(function, frame, result, values[at], at, values)
    return result


def each(frame: Frame, members: Value, function: Value) -> Value:
    """`$each(object, function)`."""
    pairs = members.items() if isinstance(members, dict) else ()
    given = (_called(function, frame, value, name, members) for name, value in pairs)
    return Sequence(value for value in given if value is not UNDEFINED)


def sifted(frame: Frame, members: Value, function: Value) -> Value:
    """`$sift(object, function)`: nothing when no member is left."""
    pairs = members.items() if isinstance(members, dict) else ()
    kept = {n: v for n, v in pairs if truth(_called(function, frame, v, n, members))}
    return kept or UNDEFINED


def zipped(*arrays: Value) -> list[Value]:
    """`$zip(array, …)`: as many as the shortest has."""
    if not all(isinstance(array, list) for array in arrays):
        return []
    return [list(items) for items in zip(*arrays, strict=False)]


def keys(value: Value) -> Value:
    """`$keys(object)`: of an array, those of all its objects."""
    if isinstance(value, list):
        return Sequence(dict.fromkeys(name for item in value for name in keys(item)))
    return Sequence(value if isinstance(value, dict) else ())


def exists(value: Value) -> bool:
    """`$exists(value)`."""
    return value is not UNDEFINED


def spread(value: Value) -> Value:
    """`$spread(object)`: one object for each member."""
    if isinstance(value, dict):
        return Sequence({name: member} for name, member in value.items())
    if not isinstance(value, list):
        return value
    result: Value = Sequence()
    for item in value:
        result = append(result, spread(item))
    return result


def merged(values: Value) -> Value:
    """`$merge(array)`: one object with all members, the last of each name."""
    if values is UNDEFINED:
        return values
    return {name: member for item in values for name, member in item.items()}


def reversed_(values: Value) -> Value:
    """`$reverse(array)`."""
    return values if values is UNDEFINED or len(values) <= 1 else values[::-1]


def shuffled(values: Value) -> Value:
    """`$shuffle(array)`."""
    if values is UNDEFINED or len(values) <= 1:
        return values
    return random.sample(values, len(values))


def distinct(values: Value) -> Value:
    """`$distinct(array)`: the first of each group of equal items."""
    if not isinstance(values, list) or len(values) <= 1:
        return values
    first = {_identity(value): value for value in reversed(values)}
    kept = [first.pop(key) for key in map(_identity, values) if key in first]
    return Sequence(kept) if isinstance(values, Sequence) else kept


def _identity(value: Value) -> Value:
    """Something hashable that equal values share; `true` is not 1."""
    if isinstance(value, dict):
        return "object", frozenset((name, _identity(item)) for name, item in value.items())
    if isinstance(value, list):
        return "array", tuple(map(_identity, value))
    return isinstance(value, bool), value


def sort(frame: Frame, values: Value, is_behind: Value) -> Value:
    """`$sort(array[, function])`: stable; the function says whether two change places.

    Raises:
        JsonataError: `D3070`, without a function the items are not all numbers or all strings.
    """
    if values is UNDEFINED or len(values) <= 1:
        return values
    if is_behind is UNDEFINED:
        if not are_numbers(values) and not are_texts(values):
            raise JsonataError("D3070")
        return sorted(values)
    return merge_sorted(
        list(values),
        lambda left, right: _is_true_in_javascript(apply(is_behind, [left, right], None, frame)),
    )


def _is_true_in_javascript(value: Value) -> bool:
    """A comparator's answer is not cast by the language's own rules."""
    if value is UNDEFINED or value is None:
        return False
    return bool(value) or isinstance(value, list | dict | Function)


def cloned(value: Value) -> Value:
    """`$clone(value)`: by way of its text."""
    return value if value is UNDEFINED else json.loads(text(value))


def type_name(value: Value) -> Value:
    """`$type(value)`."""
    return value if value is UNDEFINED else type_of(value)


def error(message: Value) -> NoReturn:
    """`$error([message])`."""
    given = isinstance(message, str) and message
    raise JsonataError("D3137", message=message if given else "$error() function evaluated")


def asserted(condition: Value, message: Value) -> Value:
    """`$assert(condition[, message])`.

    Raises:
        JsonataError: `D3141`, the condition does not hold.
    """
    if condition is True:
        return UNDEFINED
    given = isinstance(message, str) and message
    raise JsonataError("D3141", message=message if given else "$assert() statement failed")
