"""Batches straight into moto's tables: BatchWriteItem of puts, BatchExecuteStatement of INSERTs.

moto copies every table for each PartiQL statement, puts over an item that an INSERT meets, and
spends more on a batch's layers than on its items.  As with PutItem, what is not plain is left to
moto before anything has been written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.account import ACCOUNT_ID
from localcloud.strict.attribute_values import InvalidValueError, checked_item
from localcloud.strict.partiql import parse_insert
from localcloud.strict.plain import Answer, is_plain, store, table_of
from localcloud.strict.tables import TableKeys

_DUPLICATE = {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}


def write_directly(request: Mapping[str, Any], region: str) -> Answer | None:
    """Carry out a BatchWriteItem of plain puts that keeps DynamoDB's rules."""
    if request.keys() != {"RequestItems"}:
        return None
    puts = []
    for name, writes in request["RequestItems"].items():
        table = table_of(name, region)
        for write in writes:
            item = write.get("PutRequest", {}).get("Item")
            if table is None or item is None or not all(map(is_plain, item.values())):
                return None
            puts.append((table, item))
    for table, item in puts:
        store(table, item, over=True)
    tables = request["RequestItems"]
    return Answer.of(
        {
            "ConsumedCapacity": [_one_unit(name) for name in tables],
            "ItemCollectionMetrics": {},
            "UnprocessedItems": {},
        }
    )


def insert_directly(request: Mapping[str, Any], region: str) -> Answer | None:
    """Carry out a BatchExecuteStatement of INSERTs whose values are plain parameters."""
    if request.keys() != {"Statements"}:
        return None
    inserts = []
    for statement in request["Statements"]:
        insert = parse_insert(statement["Statement"])
        item = insert.item(statement.get("Parameters", ())) if insert else None
        if insert is None or item is None or not all(map(is_plain, item.values())):
            return None
        inserts.append((insert.table, item))
    tables = {
        name: (table_of(name, region), TableKeys.find(ACCOUNT_ID, region, name))
        for name in {name for name, _ in inserts}
    }
    return Answer.of({"Responses": [_insert(*tables[name], item) for name, item in inserts]})


def _insert(table: Any, keys: TableKeys | None, item: dict[str, Any]) -> dict[str, Any]:
    if table is None or keys is None:
        return _error("ResourceNotFound", "Requested resource not found")
    try:
        stored = checked_item(item)
        keys.check(stored)
    except InvalidValueError as error:
        return _error("ValidationError", str(error))
    if store(table, stored, over=False):
        return {"TableName": table.name}
    return {"TableName": table.name, "Error": _DUPLICATE}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": message}}


def _one_unit(table: str) -> dict[str, Any]:
    return {"TableName": table, "CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}}
