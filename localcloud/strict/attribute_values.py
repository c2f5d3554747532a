"""DynamoDB's attribute values: checked, with canonical numbers, and measured.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from localcloud.strict.numbers import InvalidNumberError, canonical

AttributeValue = Mapping[str, Any]
Item = Mapping[str, AttributeValue]

MAX_DEPTH = 32
_NAMES_OF_SETS = {"SS": "string", "NS": "number"}


class InvalidValueError(ValueError):
    """DynamoDB refuses the value; the message is DynamoDB's own."""


def checked_item(item: Item) -> dict[str, Any]:
    """The same item with numbers as DynamoDB keeps them.

    Raises:
        InvalidValueError: a value is none that DynamoDB stores.
    """
    return {name: checked(value) for name, value in item.items()}


def checked(value: AttributeValue, depth: int = 0) -> dict[str, Any]:
    """The same value with numbers as DynamoDB keeps them.

    Raises:
        InvalidValueError: it is none that DynamoDB stores.
    """
    if depth > MAX_DEPTH:
        raise InvalidValueError(
            "Nesting Levels have exceeded supported limits: Attributes can have max 32 levels of "
            "nesting"
        )
    if len(value) != 1:
        raise InvalidValueError(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
            "the supported datatypes"
            if value
            else "Supplied AttributeValue is empty, must contain exactly one of the supported "
            "datatypes"
        )
    [(kind, content)] = value.items()
    match kind:
        case "N":
            return {"N": _number(content)}
        case "M":
            return {"M": {name: checked(part, depth + 1) for name, part in content.items()}}
        case "L":
            return {"L": [checked(part, depth + 1) for part in content]}
        case "NS":
            return {"NS": _distinct(kind, [_number(text) for text in content])}
        case "SS" | "BS":
            return {kind: _distinct(kind, content)}
    return dict(value)


def _number(text: Any) -> str:
    try:
        return canonical(str(text))
    except InvalidNumberError as error:
        raise InvalidValueError(str(error)) from None


def _distinct(kind: str, values: list[str]) -> list[str]:
    if not values:
        reason = (
            "Binary sets should not be empty"
            if kind == "BS"
            else f"An {_NAMES_OF_SETS[kind]} set  may not be empty"
        )
        raise InvalidValueError(f"One or more parameter values were invalid: {reason}")
    if len(set(values)) == len(values):
        return values
    if kind == "NS":
        raise InvalidValueError("Input collection contains duplicates")
    listed = f"[{', '.join(values)}]"
    detail = f"{listed} contains" if kind == "SS" else f"{listed}of type BS contains"
    raise InvalidValueError(
        f"One or more parameter values were invalid: Input collection {detail} duplicates."
    )


def item_size_bytes(item: Item) -> int:
    """What an item counts against the limit of 400 KB, names included."""
    size = 0
    for name, value in item.items():  # a loop: this runs for each row that is loaded
        size += len(name.encode()) + value_size_bytes(value)
    return size


def value_size_bytes(value: AttributeValue) -> int:
    """What a value counts, without its name."""
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N" | "B":
            return _scalar_bytes(kind, content)
        case "SS" | "NS" | "BS":
            return sum(_scalar_bytes(kind[0], part) for part in content)
        case "M":
            return 3 + len(content) + item_size_bytes(content)
        case "L":
            return 3 + len(content) + sum(map(value_size_bytes, content))
    return 1


def _scalar_bytes(kind: str, content: str | bytes) -> int:
    if isinstance(content, bytes):
        return len(content)
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(base64.b64decode(content))
    digits = len(content.lstrip("-").replace(".", "").strip("0"))
    return (digits + 1) // 2 + 1 + content.startswith("-")
