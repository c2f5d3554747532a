"""moto sorts every item of a table for each Query, and compares keys by objects of its own.

Here a Query of a table looks at the items of its partition key; a Scan sorts by plain values, once
for all its pages as long as nothing is written, and each page begins where the one before ended.
Queries of indexes are those of `table_indexes`.
"""

from __future__ import annotations

import copy
import functools
import inspect
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

# The items of tables whose Scans have pages left, in order; by table.
_ordered: dict[int, Sequence[Any]] = {}


def look_at_what_is_asked() -> None:
    """Narrow queries and scans down before moto goes through the items."""
    tables: Any = Table
    if hasattr(tables.query, "__wrapped__"):
        return
    tables.query = _narrowed(tables.query)
    tables.scan = _continued(tables.scan)
    tables.all_items = _in_order


def forget() -> None:
    """Forget the order of all tables, before something is written."""
    _ordered.clear()


def _narrowed(query: Any) -> Any:
    signature = inspect.signature(query)

    @functools.wraps(query)
    def narrowed(self: Any, *args: Any, **options: Any) -> Any:
        asked = signature.bind(self, *args, **options).arguments
        if asked.get("index_name") is not None:
            return query(self, *args, **options)
        part = copy.copy(self)
        part.all_items = functools.partial(list, list(_held(self, asked["hash_key"])))
        return query(part, *args, **options)

    return narrowed


def _continued(scan: Any) -> Any:
    signature = inspect.signature(scan)

    @functools.wraps(scan)
    def continued(self: Any, *args: Any, **options: Any) -> Any:
        asked = signature.bind(self, *args, **options).arguments
        if asked.get("index_name") is not None:
            return scan(self, *args, **options)
        start, table = asked["exclusive_start_key"], id(self.items)
        items = _ordered.get(table) if start else None
        if items is None:
            items = _in_order(self)
        part = copy.copy(self)
        part.all_items = functools.partial(_from, items, _place(self, start) if start else ())
        page = scan(part, *args, **options)
        _, _, last = page
        if last:
            _ordered[table] = items
        else:
            _ordered.pop(table, None)
        return page

    return continued


def _from(items: Sequence[Any], place: tuple[Any, ...]) -> Iterator[Any]:
    """The items from a place on, also the one that lies there: moto leaves it out itself."""
    begin = bisect_left(items, place, key=_plain_key)
    return (items[number] for number in range(begin, len(items)))


def _place(table: Any, key: Mapping[str, Any]) -> tuple[Any, ...]:
    names = (table.hash_key_attr, table.range_key_attr)
    return tuple(DynamoType(key[name]).cast_value for name in names if name)


def _held(table: Any, hash_key: DynamoType) -> Iterable[Any]:
    """The items of a partition key."""
    found = table.items.get(hash_key)
    if found is None:
        return ()
    return found.values() if table.range_key_attr else (found,)


def _in_order(self: Any) -> list[Any]:
    return sorted(items_of(self), key=_plain_key)


def items_of(table: Any) -> Iterator[Any]:
    """All items, in the order in which moto keeps them."""
    for held in table.items.values():
        if table.range_key_attr:
            yield from held.values()
        else:
            yield held


def _plain_key(item: Any) -> tuple[Any, ...]:
    sort = item.range_key
    return (item.hash_key.cast_value, sort.cast_value) if sort else (item.hash_key.cast_value,)
