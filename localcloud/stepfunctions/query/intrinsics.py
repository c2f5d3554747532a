"""The intrinsic functions of JSONPath states.

Each takes its evaluated arguments and raises `IntrinsicError` with the reason when it cannot serve.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from __future__ import annotations

import base64
import hashlib
import math
import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from localcloud.stepfunctions.query.json_text import dumps, loads
from localcloud.stepfunctions.query.jsonpath_filter import equal
from localcloud.stepfunctions.query.scope import Json

TEXT_LIMIT: Final = 10_000  # characters that Base64 and Hash functions take
RANGE_LIMIT: Final = 1_000  # elements that ArrayRange makes

_ALGORITHMS: Final = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


class IntrinsicError(ValueError):
    """A function was called with arguments that it does not take."""


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A function and how many arguments it takes (`most` None: any number)."""

    call: Callable[..., Json]
    least: int
    most: int | None

    def takes(self, count: int) -> bool:
        """Whether a call with so many arguments is valid."""
        return self.least <= count and (self.most is None or count <= self.most)


def _want(kind: type | tuple[type, ...], value: Json, what: str) -> None:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise IntrinsicError(f"{what}, but was: {dumps(value)}")


def _want_text(value: Json, what: str) -> str:
    _want(str, value, what)
    if len(value) > TEXT_LIMIT:
        raise IntrinsicError(f"{what} of at most {TEXT_LIMIT} characters")
    return str(value)


def _whole(value: Json, what: str) -> int:
    """A number rounded to the nearest integer, as AWS does."""
    _want((int, float), value, what)
    rounded: int = math.floor(value + 0.5)
    return rounded


def array(*items: Json) -> Json:
    """`States.Array(…)`."""
    return list(items)


def array_partition(items: Json, size: Json) -> Json:
    """`States.ArrayPartition(array, size)`: chunks of at most `size` elements."""
    _want(list, items, "The first argument must be an array")
    step = _whole(size, "The chunk size must be a number")
    if step < 1:
        raise IntrinsicError("The chunk size must be a non-zero, positive integer")
    return [items[start : start + step] for start in range(0, len(items), step)]


def array_contains(items: Json, wanted: Json) -> Json:
    """`States.ArrayContains(array, value)`."""
    _want(list, items, "The first argument must be an array")
    return any(same(item, wanted) for item in items)


def array_range(first: Json, last: Json, step: Json) -> Json:
    """`States.ArrayRange(first, last, step)`, both ends included."""
    start, stop, by = (
        _whole(each, "The arguments must be numbers") for each in (first, last, step)
    )
    if by == 0:
        raise IntrinsicError("The increment must not be zero")
    if (stop - start) // by >= RANGE_LIMIT:
        raise IntrinsicError(f"The range must not exceed {RANGE_LIMIT} items")
    return list(range(start, stop + (1 if by > 0 else -1), by))


def array_get_item(items: Json, index: Json) -> Json:
    """`States.ArrayGetItem(array, index)`."""
    _want(list, items, "The first argument must be an array")
    position = _whole(index, "The index must be a number")
    if not 0 <= position < len(items):
        raise IntrinsicError(f"The index {position} is out of bounds")
    return items[position]


def array_length(items: Json) -> Json:
    """`States.ArrayLength(array)`."""
    _want(list, items, "The argument must be an array")
    return len(items)


def array_unique(items: Json) -> Json:
    """`States.ArrayUnique(array)`: the first of each group of equal elements."""
    _want(list, items, "The argument must be an array")
    kept: list[Json] = []
    for item in items:
        if not any(same(item, other) for other in kept):
            kept.append(item)
    return kept


def base64_encode(text: Json) -> Json:
    """`States.Base64Encode(text)`."""
    data = _want_text(text, "The argument must be a string").encode("utf-8", "replace")
    return base64.b64encode(data).decode()


def base64_decode(text: Json) -> Json:
    """`States.Base64Decode(text)`."""
    data = _want_text(text, "The argument must be a string")
    try:
        return base64.b64decode(data, validate=True).decode()
    except ValueError as error:
        raise IntrinsicError("The argument is not a Base64 encoded text") from error


def hash_text(data: Json, algorithm: Json) -> Json:
    """`States.Hash(data, algorithm)`, hexadecimal."""
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
        raise IntrinsicError(f"The algorithm must be one of {', '.join(_ALGORITHMS)}")
    text = data if isinstance(data, str) else dumps(data)
    if len(text) > TEXT_LIMIT:
        raise IntrinsicError(f"The data must have at most {TEXT_LIMIT} characters")
    return hashlib.new(
        _ALGORITHMS[algorithm], text.encode("utf-8", "replace"), usedforsecurity=False
    ).hexdigest()


def json_merge(first: Json, second: Json, deep: Json) -> Json:
    """`States.JsonMerge(a, b, false)`: shallow; AWS knows no other."""
    _want(dict, first, "The first argument must be an object")
    _want(dict, second, "The second argument must be an object")
    if deep is not False:
        raise IntrinsicError("The third argument must be false: only a shallow merge is supported")
    return {**first, **second}


def string_to_json(text: Json) -> Json:
    """`States.StringToJson(text)`; the empty text gives null."""
    _want(str, text, "The argument must be a string")
    try:
        return loads(text) if text.strip() else None
    except ValueError as error:
        raise IntrinsicError(f"The argument is not a JSON text: {error}") from error


def json_to_string(value: Json) -> Json:
    """`States.JsonToString(value)`."""
    return dumps(value)


def math_random(start: Json, end: Json, seed: Json = None) -> Json:
    """`States.MathRandom(start, end[, seed])`: `start` included, `end` not."""
    low, high = (_whole(each, "The range must be given by numbers") for each in (start, end))
    if seed is not None:
        _want((int, float), seed, "The seed must be a number")
    if high <= low:
        raise IntrinsicError("The end of the range must be greater than its start")
    return random.Random(seed).randrange(low, high)  # noqa: S311 - the language promises no secrecy


def math_add(first: Json, second: Json) -> Json:
    """`States.MathAdd(a, b)`, of whole numbers."""
    return sum(_whole(each, "The arguments must be numbers") for each in (first, second))


def string_split(text: Json, delimiters: Json) -> Json:
    """`States.StringSplit(text, delimiters)`: at any of the characters; empty parts vanish."""
    _want(str, text, "The first argument must be a string")
    _want(str, delimiters, "The second argument must be a string")
    if not delimiters:
        return [text]
    return [part for part in re.split(f"[{re.escape(delimiters)}]", text) if part]


def new_uuid() -> Json:
    """`States.UUID()`."""
    return str(uuid.uuid4())


def format_text(template: Json, *values: Json) -> Json:
    r"""`States.Format(template, …)`: each `{}` takes a value; `\{` and `\}` are braces.

    >>> format_text(r"{} is \{{}\}", "x", 1)
    'x is {1}'
    >>> format_text("{}", {"a": 1, "b": ["c", None]})
    '{a=1, b=[c, null]}'
    """
    _want(str, template, "The first argument must be a string")
    parts = _FORMAT_TOKEN.split(template)
    if parts.count("{}") != len(values):
        raise IntrinsicError("The number of arguments does not match the occurrences of {}")
    rest = iter(values)
    return "".join(
        _as_text(next(rest)) if part == "{}" else part.removeprefix("\\") for part in parts
    )


_FORMAT_TOKEN: Final = re.compile(r"(\{\}|\\[{}\\'])")


def _as_text(value: Json) -> str:
    """A value as Java prints it: objects are `{name=value}`, lists have blanks after commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}={_as_text(each)}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_as_text, value))}]"
    return dumps(value)


def same(left: Json, right: Json) -> bool:
    """Equality of JSON values in depth, where `true` is not 1."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return equal(left, right)


FUNCTIONS: Final[dict[str, Intrinsic]] = {
    "States.Array": Intrinsic(array, 0, None),
    "States.ArrayContains": Intrinsic(array_contains, 2, 2),
    "States.ArrayGetItem": Intrinsic(array_get_item, 2, 2),
    "States.ArrayLength": Intrinsic(array_length, 1, 1),
    "States.ArrayPartition": Intrinsic(array_partition, 2, 2),
    "States.ArrayRange": Intrinsic(array_range, 3, 3),
    "States.ArrayUnique": Intrinsic(array_unique, 1, 1),
    "States.Base64Decode": Intrinsic(base64_decode, 1, 1),
    "States.Base64Encode": Intrinsic(base64_encode, 1, 1),
    "States.Format": Intrinsic(format_text, 1, None),
    "States.Hash": Intrinsic(hash_text, 2, 2),
    "States.JsonMerge": Intrinsic(json_merge, 3, 3),
    "States.JsonToString": Intrinsic(json_to_string, 1, 1),
    "States.MathAdd": Intrinsic(math_add, 2, 2),
    "States.MathRandom": Intrinsic(math_random, 2, 3),
    "States.StringSplit": Intrinsic(string_split, 2, 2),
    "States.StringToJson": Intrinsic(string_to_json, 1, 1),
    "States.UUID": Intrinsic(new_uuid, 0, 0),
}
