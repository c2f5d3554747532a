"""moto sorts all items of a table for each Query of an index, and copies items to filter them.

Here an index is kept in order from one write to the next, and a Query copies what it returns.
As in DynamoDB, a filter sees what the index projects, and a page ends after 1 MB of that.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
"""

from __future__ import annotations

import copy
import inspect
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Self

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from localcloud.corrections.item_sizes import PAGE_BYTES, item_bytes
from localcloud.corrections.projections import part_of

_TWO_KEYS = 2

Place = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Partition:
    """The items of one partition key of an index, in the order of their places."""

    places: Sequence[Place]
    items: Sequence[Any]

    @classmethod
    def of(cls, placed: list[tuple[Place, Any]]) -> Self:
        """From items in any order, each with its place."""
        placed.sort(key=itemgetter(0))
        return cls(*zip(*placed, strict=True))

    def between(self, low: Any, high: Any) -> tuple[int, int]:
        """Where sort keys from `low` to `high` begin and end; None sets no bound."""
        sort_key = itemgetter(0)
        begin = 0 if low is None else bisect_left(self.places, low, key=sort_key)
        end = bisect_right(self.places, high, key=sort_key) if high is not None else None
        return begin, len(self.places) if end is None else end


_NOTHING = _Partition((), ())

# The partitions of an index by the value of their key; by table and index.
_ordered: dict[tuple[int, str], Mapping[Any, _Partition]] = {}


def keep_in_order() -> None:
    """Answer Queries of global indexes that name one key from an index; all others are moto's."""
    tables: Any = Table
    whole = tables.query
    if getattr(whole, "keeps_order", False):
        return
    signature = inspect.signature(whole)

    def query(self: Any, *args: Any, **options: Any) -> Any:
        asked = signature.bind(self, *args, **options).arguments
        index = _global_index(self, asked.get("index_name"))
        if index is None or not _is_plain(index, asked):
            return whole(self, *args, **options)
        return IndexQuery(self, index, asked).answer()

    vars(query).update(keeps_order=True, __wrapped__=whole)
    tables.query = query


def forget() -> None:
    """Forget the order of all indexes, before something is written."""
    _ordered.clear()


def _global_index(table: Any, name: str | None) -> Any:
    return next((index for index in table.global_indexes if index.name == name), None)


def _is_plain(index: Any, asked: Mapping[str, Any]) -> bool:
    keys = asked.get("hash_key_conditions") or ()
    odd = asked.get("consistent_read") or asked.get("filter_kwargs")
    return len(keys) == 1 and len(index.schema) == _TWO_KEYS and not odd


class IndexQuery:
    """One Query of one index."""

    def __init__(self, table: Any, index: Any, asked: Mapping[str, Any]) -> None:
        self._table = table
        self._index = index
        self._asked = asked
        self._partition, self._sort = (part["AttributeName"] for part in index.schema)
        names = (self._sort, table.hash_key_attr, table.range_key_attr)
        self._order = [name for name in names if name]

    def answer(self) -> tuple[list[Any], int, dict[str, Any] | None]:
        """The items of a page, how many were looked at, and where the next page begins."""
        page: list[Any] = []
        size, last = 0, None
        limit, view = self._asked["limit"], _viewer(self._table, self._index)
        for item, is_asked_for in self._from_start():
            seen = view(item)
            size += item_bytes(seen.attrs) if limit is None and is_asked_for else 0
            if len(page) == limit or size > PAGE_BYTES:
                last = self._table._get_last_evaluated_key(page[-1], self._index.name)  # noqa: SLF001
                break
            if is_asked_for:
                page.append(seen)
        wanted = self._asked.get("filter_expression")
        found = [item for item in page if wanted is None or wanted.expr(item)]
        names = self._asked["projection_expressions"]
        copies = copy.deepcopy(found)
        return [i.project(names) for i in copies] if names else copies, len(page), last

    def _from_start(self) -> Iterator[tuple[Any, bool]]:
        """Items in order, from where the page before ended, and whether each is asked for.

        One that lies beyond them tells a full page that it is not the last.
        """
        [(_, key)] = self._asked["hash_key_conditions"]
        partition = self._in_order().get((key.type, key.cast_value), _NOTHING)
        comparison, bounds = self._asked["range_comparison"], self._asked["range_objs"]
        begin, end = partition.between(*_texts(comparison, bounds))
        backward, start = self._asked["scan_index_forward"] is False, self._start()
        if start is not None and backward:
            end = min(end, bisect_left(partition.places, start))
        elif start is not None:
            begin = max(begin, bisect_right(partition.places, start))
        if backward:
            numbers = range(end - 1, max(begin - 2, -1), -1)
        else:
            numbers = range(begin, min(end + 1, len(partition.items)))
        for number in numbers:
            item = partition.items[number]
            yield item, not comparison or item.attrs[self._sort].compare(comparison, bounds)

    def _in_order(self) -> Mapping[Any, _Partition]:
        known = (id(self._table.items), self._index.name)
        if known not in _ordered:
            _ordered[known] = self._sorted()
        return _ordered[known]

    def _sorted(self) -> Mapping[Any, _Partition]:
        partition, sort, is_nested = self._partition, self._sort, self._table.range_key_attr
        found: defaultdict[Any, list[tuple[Place, Any]]] = defaultdict(list)
        for held in self._table.items.values():
            for item in held.values() if is_nested else (held,):
                attributes = item.attrs
                if partition in attributes and sort in attributes:
                    key = attributes[partition]
                    found[key.type, key.cast_value].append((self._place(item), item))
        return {key: _Partition.of(placed) for key, placed in found.items()}

    def _start(self) -> Place | None:
        given = self._asked["exclusive_start_key"]
        return tuple(_plain(DynamoType(given[name])) for name in self._order) if given else None

    def _place(self, item: Any) -> Place:
        return tuple(_plain(item.attrs[name]) for name in self._order)


def _plain(value: Any) -> Any:
    return value.value if value.type == "S" else value.cast_value


def _texts(comparison: str | None, bounds: Sequence[Any]) -> tuple[str | None, str | None]:
    """The texts between which a condition on the sort key holds at most, as far as it tells."""
    if not comparison or {bound.type for bound in bounds} != {"S"}:
        return None, None
    values = [bound.value for bound in bounds]
    if comparison == "BETWEEN":
        return values[0], values[1]
    low = values[0] if comparison in {"=", ">", ">=", "begins_with"} else None
    high = values[0] if comparison in {"=", "<", "<="} else None
    return low, high


def _viewer(table: Any, index: Any) -> Callable[[Any], Any]:
    """What makes of an item the entry that the index has of it, without copying values."""
    projection = index.projection or {}
    if projection.get("ProjectionType") not in {"KEYS_ONLY", "INCLUDE"}:
        return lambda item: item
    keys = [part["AttributeName"] for part in index.schema]
    keys += [name for name in (table.hash_key_attr, table.range_key_attr) if name]
    names = dict.fromkeys([*keys, *projection.get("NonKeyAttributes", ())])

    return lambda item: part_of(item, names)
