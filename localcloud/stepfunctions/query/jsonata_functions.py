"""The functions that Step Functions adds to JSONata.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Final

from jsonata import JException

from localcloud.stepfunctions.query import intrinsics
from localcloud.stepfunctions.query.json_text import loads
from localcloud.stepfunctions.query.jsonata_values import into, out_of
from localcloud.stepfunctions.query.scope import Json

# The linear congruential generator of java.util.Random.
_MULTIPLIER: Final = 0x5DEECE66D
_MASK: Final = (1 << 48) - 1

_MISFIT: Final = "T0410"  # an argument does not match the function's signature


def _call(name: str, function: Callable[..., Json], least: int, most: int, *values: Json) -> Json:
    """Apply a function to JSON values; nothing in the first place gives nothing."""
    if most and values and values[0] is None:
        return None
    if not least <= len(values) <= most:
        raise JException(_MISFIT, -1, min(len(values), most) + 1, name)
    for position, value in enumerate(values, 1):
        if value is None:
            raise JException(_MISFIT, -1, position, name)
    try:
        return into(function(*map(out_of, values)))
    except (intrinsics.IntrinsicError, ValueError, TypeError) as error:
        raise JException(_MISFIT, -1, 1, name) from error


def uniform(seed: Json = None) -> Json:
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


def sequence(first: Json, last: Json, step: Json) -> Json:
    """`$range(first, last, step)`: a JSONata sequence, so that one number alone is that number.

    >>> sequence(1, 9, 4), sequence(1, 9, 9)
    ([1, 5, 9], 1)
    """
    numbers = intrinsics.array_range(first, last, step)
    return numbers[0] if len(numbers) == 1 else numbers


def parse(text: Json) -> Json:
    """`$parse(text)`: the value of a JSON text."""
    if not isinstance(text, str):
        raise TypeError("only text is parsed")
    return loads(text)


FUNCTIONS: Final[dict[str, Callable[..., Json]]] = {
    name: partial(_call, name, function, least, most)
    for name, function, least, most in (
        ("partition", intrinsics.array_partition, 2, 2),
        ("range", sequence, 3, 3),
        ("hash", intrinsics.hash_text, 2, 2),
        ("random", uniform, 0, 1),
        ("uuid", intrinsics.new_uuid, 0, 0),
        ("parse", parse, 1, 1),
    )
}
