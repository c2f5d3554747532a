"""moto sorts every item of a table for each Query, and compares keys by objects of its own.

Here a Query of a table looks at the items of its partition key, and a Scan sorts by plain values;
Queries of indexes are those of `table_indexes`.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


def look_at_what_is_asked() -> None:
    """Narrow queries down before moto goes through the items."""
    tables: Any = Table
    query = tables.query
    if hasattr(query, "__wrapped__"):
        return

    signature = inspect.signature(query)

    @functools.wraps(query)
    def narrowed(self: Any, *args: Any, **options: Any) -> Any:
        asked = signature.bind(self, *args, **options).arguments
        if asked.get("index_name") is not None:
            return query(self, *args, **options)
        part = copy.copy(self)
        part.all_items = functools.partial(list, list(_held(self, asked["hash_key"])))
        return query(part, *args, **options)

    tables.query = narrowed
    tables.all_items = _in_order


def _held(table: Any, hash_key: DynamoType) -> Iterable[Any]:
    """The items of a partition key."""
    found = table.items.get(hash_key)
    if found is None:
        return ()
    return found.values() if table.range_key_attr else (found,)


def _in_order(self: Any) -> list[Any]:
    return sorted(_all(self), key=_plain_key)


def _all(table: Any) -> Iterator[Any]:
    for held in table.items.values():
        if table.range_key_attr:
            yield from held.values()
        else:
            yield held


def _plain_key(item: Any) -> tuple[Any, ...]:
    sort = item.range_key
    return (item.hash_key.cast_value, sort.cast_value) if sort else (item.hash_key.cast_value,)
