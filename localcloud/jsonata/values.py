"""Values while an expression is evaluated.

JSON's null is None; nothing at all is `UNDEFINED`. Numbers are doubles, whole ones may be `int`.
What a path finds is a `Sequence`: it becomes its only item when it has one, nothing when empty.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.writing import number_text, quoted

Value = Any


class _Undefined:
    """The type of `UNDEFINED`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = _Undefined()


class Sequence(list[Value]):
    """Items that a path or a function found."""

    __slots__ = ("keeps_singleton", "wraps_input")

    def __init__(self, items: Iterable[Value] = (), *, wraps_input: bool = False) -> None:
        super().__init__(items)
        self.keeps_singleton = False
        self.wraps_input = wraps_input


class Constructed(list[Value]):
    """An array constructor at an end of a path: a path around it does not flatten it."""

    __slots__ = ()


class Stream(list[dict[str, Value]]):
    """Items on their way through a path, as `@`, with the variables bound to each."""

    __slots__ = ()


class Function(ABC):
    """Something that can be called.

    `arity` is how many arguments it asks for: that many `$map` and its kin hand over.
    `signature` says what arguments fit; without one, any do.
    """

    __slots__ = ("arity", "signature")
    arity: int
    signature: Any

    @abstractmethod
    def invoke(self, arguments: list[Value], frame: Any) -> Value:
        """The result for arguments that fit, asked from a scope."""


def finished(value: Value, *, keep_array: bool = False) -> Value:
    """The value of an expression that gave a sequence."""
    if type(value) is not Sequence:
        return value
    if keep_array:
        value.keeps_singleton = True
    if not value:
        return UNDEFINED
    return value[0] if len(value) == 1 and not value.keeps_singleton else value


def is_number(value: Value) -> bool:
    """Whether it is a number.

    Raises:
        JsonataError: `D1001`, it is infinite.
    """
    kind = type(value)
    if kind is int:
        return True
    if kind is not float or math.isnan(value):
        return False
    if math.isinf(value):
        raise JsonataError("D1001", value=value)
    return True


def are_numbers(value: Value) -> bool:
    """Whether it is an array of nothing but numbers."""
    return isinstance(value, list) and all(map(is_number, value))


def are_texts(value: Value) -> bool:
    """Whether it is an array of nothing but strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def truth(value: Value) -> bool:
    """How the language casts a value to a boolean; nothing is false."""
    if value is True or value is False:
        return bool(value)
    if isinstance(value, list):
        return truth(value[0]) if len(value) == 1 else any(map(truth, value))
    if isinstance(value, int | float):
        return is_number(value) and value != 0
    if isinstance(value, str | dict):
        return bool(value)
    return isinstance(value, Function)


def equal(left: Value, right: Value) -> bool:
    """Deep equality, where `true` is not 1."""
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(equal(item, right[key]) for key, item in left.items())
        )
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if type(left) is int and type(right) is int:
        return left == right or float(left) == float(right)
    return bool(left == right)


def append(left: Value, right: Value) -> Value:
    """Both as one array, which is no sequence any more."""
    if left is UNDEFINED:
        return right
    if right is UNDEFINED:
        return left
    first = left if isinstance(left, list) else [left]
    second = right if isinstance(right, list) else [right]
    return [*first, *second]


def lookup(value: Value, name: str) -> Value:
    """The member of an object, or those of all objects of an array."""
    if isinstance(value, dict):
        return value.get(name, UNDEFINED)
    if not isinstance(value, list):
        return UNDEFINED
    found = Sequence()
    for item in value:
        member = item.get(name, UNDEFINED) if type(item) is dict else lookup(item, name)
        if isinstance(member, list):
            found.extend(member)
        elif member is not UNDEFINED:
            found.append(member)
    return found


def rounded(number: float) -> float:
    """The number with fifteen significant digits, as texts hold them."""
    if type(number) is int and abs(number) < 10**15:
        return number
    return float(f"{float(number):.15g}")


def text(value: Value, *, pretty: bool = False) -> str:
    """A value as `$string` writes it.

    Raises:
        JsonataError: `D3001` or `D1001`, a number is infinite.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Function):
        return ""
    if type(value) is float and not math.isfinite(value):
        raise JsonataError("D3001")
    if type(value) is Sequence and value.wraps_input:
        value = value[0]
    return _json(value, "\n" if pretty else "")


def _json(value: Value, margin: str) -> str:
    """JSON; `margin` is the line break and the indentation of a pretty text."""
    if value is None or value is UNDEFINED:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int | float):
        return number_text(rounded(value)) if is_number(value) else "null"
    deeper = margin and margin + "  "
    colon = ": " if margin else ":"
    if isinstance(value, dict):
        members = [
            f"{deeper}{quoted(key)}{colon}{_json(item, deeper)}"
            for key, item in value.items()
            if item is not UNDEFINED
        ]
        return "{" + ",".join(members) + margin + "}" if members else "{}"
    if isinstance(value, list):
        items = [deeper + _json(item, deeper) for item in value]
        return "[" + ",".join(items) + margin + "]" if items else "[]"
    return '""'


def type_of(value: Value) -> str:
    """What `$type` calls it.

    >>> [type_of(value) for value in (None, 1.5, True, "", [], {})]
    ['null', 'number', 'boolean', 'string', 'array', 'object']
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float) and is_number(value):
        return "number"
    for kind, name in _TYPE_NAMES:
        if isinstance(value, kind):
            return name
    return "object"


_TYPE_NAMES: Final[tuple[tuple[Any, str], ...]] = (
    (str, "string"),
    (list, "array"),
    (Function, "function"),
)

Evaluator = Callable[[Value, Any], Value]
