"""DynamoDB's typed attribute values to and from plain Python values.

Only the types that the control table uses, and exact: numbers are `int` or `Decimal`.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Attribute = dict[str, Any]
"""One typed value, e.g. `{"S": "text"}`."""


def attribute(value: object) -> Attribute:
    """Return a plain value as a typed one.

    >>> attribute({"rows": 3, "ok": True, "why": None})
    {'M': {'rows': {'N': '3'}, 'ok': {'BOOL': True}, 'why': {'NULL': True}}}

    Raises:
        TypeError: DynamoDB has no exact place for such a value (a float, for one).
    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": str(value)}
        case Mapping():
            return {"M": attributes(value)}
        case Sequence():
            return {"L": [attribute(member) for member in value]}
    raise TypeError(f"{type(value).__name__} has no attribute type")


def attributes(item: Mapping[str, object]) -> dict[str, Attribute]:
    """Return an item's plain values as typed ones."""
    return {name: attribute(value) for name, value in item.items()}


def value(typed: Mapping[str, Any]) -> Any:
    """Return a typed value as a plain one.

    >>> value({"L": [{"N": "3"}, {"N": "0.5"}, {"S": "x"}]})
    [3, Decimal('0.5'), 'x']
    """
    ((tag, content),) = typed.items()
    match tag:
        case "NULL":
            return None
        case "N":
            number = Decimal(content)
            return int(number) if number == number.to_integral_value() else number
        case "M":
            return values(content)
        case "L":
            return [value(member) for member in content]
    return content


def values(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's typed values as plain ones."""
    return {name: value(typed) for name, typed in item.items()}
