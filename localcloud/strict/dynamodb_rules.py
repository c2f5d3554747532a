"""DynamoDB's rules on whole requests: how many items, how large, none twice.

Each function gives back the request with its numbers as DynamoDB keeps them, or raises
InvalidValueError with DynamoDB's own message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.strict.attribute_values import InvalidValueError, checked, checked_item
from localcloud.strict.tables import TableKeys

MAX_BATCH_WRITES = 25
MAX_BATCH_READS = 100
MAX_BATCH_BYTES = 16 * 1024 * 1024
MAX_BATCH_STATEMENTS = 25
MAX_STATEMENT_CHARACTERS = 8_192
MAX_TRANSACTION_ACTIONS = 100
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024

Request = dict[str, Any]
FindKeys = Callable[[str], TableKeys | None]


def check_put(request: Request, find_keys: FindKeys) -> Request:
    """PutItem: the item fits its table."""
    return _with_values(request) | {
        "Item": _storable(request["Item"], find_keys(request["TableName"]))
    }


def check_update(request: Request, _find_keys: FindKeys) -> Request:
    """UpdateItem: the values of its expressions can be stored."""
    return _with_values(request)


def check_batch_write(request: Request, find_keys: FindKeys) -> Request:
    """BatchWriteItem: at most 25 puts and deletions, no two of one item, all of them storable."""
    asked: Mapping[str, list[Request]] = request["RequestItems"]
    if sum(map(len, asked.values())) > MAX_BATCH_WRITES:
        raise InvalidValueError("Too many items requested for the BatchWriteItem call")
    if len(json.dumps(request)) > MAX_BATCH_BYTES:
        raise InvalidValueError("Request size exceeds the maximum of 16 MB")
    checked_requests = {}
    for table, writes in asked.items():
        keys = find_keys(table)
        stored = [_checked_write(write, keys) for write in writes]
        if keys is not None:
            _no_item_twice(
                [keys.key_of(_item_or_key(write)) for write in stored],
                "Provided list of item keys contains duplicates",
            )
        checked_requests[table] = stored
    return request | {"RequestItems": checked_requests}


def check_batch_get(request: Request, _find_keys: FindKeys) -> Request:
    """BatchGetItem: at most 100 keys."""
    asked: Mapping[str, Request] = request["RequestItems"]
    if sum(len(wanted["Keys"]) for wanted in asked.values()) > MAX_BATCH_READS:
        raise InvalidValueError("Too many items requested for the BatchGetItem call")
    return request


def check_statements(request: Request, _find_keys: FindKeys) -> Request:
    """BatchExecuteStatement: at most 25 statements, none too long, all reading or all writing."""
    statements = [str(each["Statement"]) for each in request["Statements"]]
    if len(statements) > MAX_BATCH_STATEMENTS:
        raise _too_long("statements", MAX_BATCH_STATEMENTS)
    for number, statement in enumerate(statements, 1):
        if len(statement) > MAX_STATEMENT_CHARACTERS:
            raise _too_long(f"statements.{number}.member.statement", MAX_STATEMENT_CHARACTERS)
    if len({_reads(statement) for statement in statements}) > 1:
        raise InvalidValueError("Batch can not contain both read and write statements")
    return request


def check_transaction(request: Request, find_keys: FindKeys) -> Request:
    """TransactWriteItems: at most 100 actions of 4 MB, all of them storable."""
    actions: list[Request] = request["TransactItems"]
    if len(actions) > MAX_TRANSACTION_ACTIONS:
        raise _too_long("transactItems", MAX_TRANSACTION_ACTIONS)
    if len(json.dumps(actions)) > MAX_TRANSACTION_BYTES:
        raise InvalidValueError("Transaction request size exceeds the maximum of 4 MB")
    return request | {"TransactItems": [_checked_action(action, find_keys) for action in actions]}


RULES: Mapping[str, Callable[[Request, FindKeys], Request]] = {
    "BatchExecuteStatement": check_statements,
    "PutItem": check_put,
    "UpdateItem": check_update,
    "BatchWriteItem": check_batch_write,
    "BatchGetItem": check_batch_get,
    "TransactWriteItems": check_transaction,
}


def _too_long(what: str, most: int) -> InvalidValueError:
    return InvalidValueError(
        f"1 validation error detected: Value at '{what}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {most}"
    )


def _reads(statement: str) -> bool:
    return statement.lstrip()[:6].upper() == "SELECT"


def _with_values(request: Request) -> Request:
    values = request.get("ExpressionAttributeValues")
    if not values:
        return request
    stored = {name: checked(value) for name, value in values.items()}
    return request | {"ExpressionAttributeValues": stored}


def _storable(item: Request, keys: TableKeys | None) -> Request:
    stored = checked_item(item)
    if keys is not None:
        keys.check(stored)
    return stored


def _checked_write(write: Request, keys: TableKeys | None) -> Request:
    if "PutRequest" in write:
        return {"PutRequest": {"Item": _storable(write["PutRequest"]["Item"], keys)}}
    return {"DeleteRequest": {"Key": checked_item(write["DeleteRequest"]["Key"])}}


def _item_or_key(write: Request) -> Request:
    [content] = write.values()
    item: Request = content.get("Item") or content["Key"]
    return item


def _checked_action(action: Request, find_keys: FindKeys) -> Request:
    [(kind, details)] = action.items()
    if kind == "Put":
        return {"Put": check_put(details, find_keys)}
    return {kind: _with_values(details)}


def _no_item_twice(keys: list[tuple[str, ...]], message: str) -> None:
    if len(set(keys)) < len(keys):
        raise InvalidValueError(message)
