"""GetItem and BatchGetItem straight from moto's tables: whole items by whole keys.

As with writes, whatever is not plain is left to moto, which answers the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.strict.plain import Answer, described, met, table_of

_PARAMETERS = frozenset({"ConsistentRead", "Key", "TableName"})
_PARAMETERS_OF_BATCH = frozenset({"ConsistentRead", "Keys"})
_PAGE_BYTES = 16 * 1024 * 1024
"""Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""


class _NotPlainError(Exception):
    """Moto has to see the request."""


def get_directly(request: Mapping[str, Any], region: str) -> Answer | None:
    """Carry out a GetItem of a whole item."""
    if not request.keys() <= _PARAMETERS:
        return None
    try:
        item = _item(table_of(request["TableName"], region), request["Key"])
        return Answer.of({} if item is None else {"Item": _document(item)})
    except _NotPlainError:
        return None


def get_batch_directly(request: Mapping[str, Any], region: str) -> Answer | None:
    """Carry out a BatchGetItem of whole items that fit into one answer."""
    asked = request["RequestItems"]
    if request.keys() != {"RequestItems"} or not all(
        batch.keys() <= _PARAMETERS_OF_BATCH for batch in asked.values()
    ):
        return None
    try:
        found = {name: _items(table_of(name, region), asked[name]["Keys"]) for name in asked}
        if sum(item.size() for items in found.values() for item in items) > _PAGE_BYTES:
            return None
        return Answer.of(
            {
                "ConsumedCapacity": [
                    {"CapacityUnits": len(batch["Keys"]), "TableName": name}
                    for name, batch in asked.items()
                ],
                "Responses": {name: list(map(_document, items)) for name, items in found.items()},
                "UnprocessedKeys": {},
            }
        )
    except _NotPlainError:
        return None


def _items(table: Any, keys: list[dict[str, Any]]) -> list[Any]:
    if len({str(sorted(key.items())) for key in keys}) < len(keys):
        raise _NotPlainError  # moto words the refusal
    return [item for key in keys if (item := _item(table, key)) is not None]


def _item(table: Any, key: Mapping[str, Any]) -> Any:
    """The item under a key that has just the attributes of the table's, each with its type."""
    if table is None or key.keys() != set(table.table_key_attrs):
        raise _NotPlainError
    types = {part["AttributeName"]: part["AttributeType"] for part in table.attr}
    if any(value.keys() != {types[name]} or not value[types[name]] for name, value in key.items()):
        raise _NotPlainError
    return met(table, key)


def _document(item: Any) -> dict[str, Any]:
    document = described(item)
    if document is None:
        raise _NotPlainError
    return document
