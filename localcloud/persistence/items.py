"""Keeps DynamoDB: each table as it is defined, and each change of an item."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from localcloud.corrections.item_sizes import unmeasured
from localcloud.corrections.table_reads import items_of
from localcloud.http.operations import is_read
from localcloud.persistence.journal import Journal, read
from localcloud.persistence.pickling import dump, load
from localcloud.strict.partiql import named_table, parse_insert, statements_of

Key = Mapping[str, Any]

_STATEMENTS = ("ExecuteStatement", "ExecuteTransaction")


class ItemKeeper:
    """Restores all tables on construction; from then on `note` is told of each request."""

    def __init__(self, path: Path, *, account: str) -> None:
        self._backends: Any = dynamodb_backends[account]
        with unmeasured():
            for record in read(path):
                self._restore(record)
        self._journal = Journal.begin(path, self._everything())

    def note(self, operation: str, request: Mapping[str, Any], region: str) -> None:
        """Write down what a request has changed; call it before others may write."""
        if is_read(operation):
            return
        if operation.endswith(_STATEMENTS) and not _only_inserts(request):
            self._journal.append(*self._contents(request, region))
            return
        touched = list(_touched(operation, request))
        if not touched:
            self._journal.append(*self._tables(region))
        tables = self._backends[region].tables
        for name, key in touched:
            if table := tables.get(name.rpartition("/")[2]):
                self._journal.append(dump(("item", region, table.name, _item(table, key))))

    def close(self) -> None:
        """Write no more."""
        self._journal.close()

    def _everything(self) -> Iterator[bytes]:
        for region, backend in list(self._backends.items()):
            if backend.tables:
                yield from self._tables(region)
            for table in backend.tables.values():
                for item in list(items_of(table)):
                    where = _place(table, item.attrs)
                    yield dump(("item", region, table.name, (*where, item)))

    def _tables(self, region: str) -> Iterator[bytes]:
        """The tables of a region without their items."""
        shells = {}
        for name, table in self._backends[region].tables.items():
            shells[name] = copy.copy(table)
            shells[name].items = type(table.items)(table.items.default_factory)
        yield dump(("tables", region, shells))

    def _contents(self, request: Mapping[str, Any], region: str) -> Iterator[bytes]:
        """All items of the tables that statements name: an UPDATE or a DELETE may reach any."""
        named = {named_table(each["Statement"]) for each in statements_of(request)}
        for name, table in self._backends[region].tables.items():
            if name in named:
                held = [(*_place(table, item.attrs), item) for item in items_of(table)]
                yield dump(("items", region, name, held))

    def _restore(self, record: bytes) -> None:
        kind, region, *facts = load(record)
        tables = self._backends[region].tables
        if kind == "tables":
            [shells] = facts
            for name, shell in shells.items():
                if name in tables:
                    shell.items = tables[name].items
            tables.clear()
            tables.update(shells)
        elif kind == "items":
            name, held = facts
            tables[name].items.clear()
            for partition, sort, item in held:
                _put(tables[name], partition, sort, item)
        else:
            name, (partition, sort, item) = facts
            _put(tables[name], partition, sort, item)


def _only_inserts(request: Mapping[str, Any]) -> bool:
    return all(parse_insert(each["Statement"]) for each in statements_of(request))


def _touched(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, Key]]:
    """Table and key (or item) of everything that a request may have written."""
    match operation:
        case "PutItem":
            yield request["TableName"], request["Item"]
        case "UpdateItem" | "DeleteItem":
            yield request["TableName"], request["Key"]
        case "BatchWriteItem":
            for table, writes in request["RequestItems"].items():
                for write in writes:
                    [content] = write.values()
                    yield table, content.get("Item") or content["Key"]
        case "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction":
            yield from _inserted(request)
        case "TransactWriteItems":
            for action in request["TransactItems"]:
                [content] = action.values()
                yield content["TableName"], content.get("Item") or content["Key"]


def _inserted(request: Mapping[str, Any]) -> Iterator[tuple[str, Key]]:
    for statement in statements_of(request):
        insert = parse_insert(statement["Statement"])
        item = insert.item(statement.get("Parameters", ())) if insert else None
        if insert and item:
            yield insert.table, item


def _place(table: Any, attributes: Mapping[str, Any]) -> tuple[Any, Any]:
    names = (table.hash_key_attr, table.range_key_attr)
    partition, sort = (attributes[name] if name else None for name in names)
    return partition, sort


def _item(table: Any, key: Key) -> tuple[Any, Any, Any]:
    """Where an item belongs, and the item, or None if there is none any more."""
    partition, sort = _place(table, {name: DynamoType(key[name]) for name in table.table_key_attrs})
    item = table.items.get(partition)
    if sort is not None and item is not None:
        item = item.get(sort)
    return partition, sort, item


def _put(table: Any, partition: Any, sort: Any, item: Any) -> None:
    if sort is None:
        if item is None:
            table.items.pop(partition, None)
        else:
            table.items[partition] = item
    elif item is None:
        table.items[partition].pop(sort, None)
    else:
        table.items[partition][sort] = item
