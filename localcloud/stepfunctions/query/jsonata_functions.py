"""The functions that Step Functions adds to JSONata.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Final

from localcloud.jsonata import UNDEFINED, Function, JsonataError, Native, Value
from localcloud.jsonata.library import LIBRARY
from localcloud.stepfunctions.query import intrinsics
from localcloud.stepfunctions.query.json_text import loads

# The linear congruential generator of java.util.Random.
_MULTIPLIER: Final = 0x5DEECE66D
_MASK: Final = (1 << 48) - 1

_LONGEST: Final = 10_000_000  # items, as of the range operator


def _added(name: str, function: Callable[..., Value], least: int, most: int) -> Native:
    """A function for arguments that are there; nothing in the first place gives nothing."""

    def call(*values: Value) -> Value:
        if most and values and values[0] is UNDEFINED:
            return UNDEFINED
        given = [value for value in values if value is not UNDEFINED]
        if len(given) != len(values) or not least <= len(values) <= most:
            raise JsonataError("T0410", index=min(len(given), most) + 1, token=name)
        try:
            return function(*values)
        except (intrinsics.IntrinsicError, ValueError, TypeError) as error:
            raise JsonataError("T0410", index=1, token=name) from error

    return Native(call)


def uniform(seed: Value = None) -> Value:
    """`$random([seed])`: a number from 0 (included) to 1 (not).

    A seed gives what `java.util.Random` gives for it, as on AWS.

    >>> uniform(42)
    0.7275636800328681
    """
    if seed is None:
        return random.random()  # noqa: S311 - the language promises no secrecy
    if not isinstance(seed, int):
        raise TypeError("a seed is a whole number")
    state = (seed ^ _MULTIPLIER) & _MASK
    state = (state * _MULTIPLIER + 11) & _MASK
    high = state >> 22
    state = (state * _MULTIPLIER + 11) & _MASK
    return ((high << 27) + (state >> 21)) / (1 << 53)


def sequence(first: Value, last: Value, step: Value) -> Value:
    """`$range(first, last, step)`: fractions are cut off; a single number is that number.

    >>> sequence(-1.7, 2, 1), sequence(1, 9, 9)
    ([-1, 0, 1, 2], 1)
    """
    start, stop, by = _whole(first), _whole(last), _whole(step)
    if by == 0 or (stop - start) // by >= _LONGEST:
        raise ValueError("the range has no end, or is too long")
    numbers = list(range(start, stop + (1 if by > 0 else -1), by))
    return numbers[0] if len(numbers) == 1 else numbers


def partition(items: Value, size: Value) -> Value:
    """`$partition(array, size)`: fractions of the size are cut off.

    >>> partition([1, 2, 3], 2.7)
    [[1, 2], [3]]
    """
    return intrinsics.array_partition(items, _whole(size))


def _whole(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("this is no number")
    return math.trunc(value)


def parse(text: Value) -> Value:
    """`$parse(text)`: the value of a JSON text."""
    if not isinstance(text, str):
        raise TypeError("only text is parsed")
    return loads(text)


FUNCTIONS: Final[dict[str, Function]] = {
    **LIBRARY,
    "partition": _added("partition", partition, 2, 2),
    "range": _added("range", sequence, 3, 3),
    "hash": _added("hash", intrinsics.hash_text, 2, 2),
    "random": _added("random", uniform, 0, 1),
    "uuid": _added("uuid", intrinsics.new_uuid, 0, 0),
    "parse": _added("parse", parse, 1, 1),
}
