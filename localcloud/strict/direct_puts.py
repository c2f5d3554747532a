"""PutItem straight into moto's tables: the request that a load makes once for each row.

Most of what moto spends on a PutItem goes into making objects of a request and of its answer.
Here plain requests (known parameters; texts, numbers, truths, lists and maps) reach moto's table
at once, which decides and writes as ever.  Whatever is not plain, and whatever the table refuses
for any other reason than its condition, is left to moto: nothing has been written by then, and
there is one source for the words of errors.
"""

from __future__ import annotations

import binascii
import functools
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from moto.core.exceptions import ServiceException
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from werkzeug.exceptions import HTTPException

from localcloud.account import ACCOUNT_ID
from localcloud.wsgi import Environ, StartResponse, respond

CONTENT_TYPE = "application/x-amz-json-1.0"

_PARAMETERS = frozenset(
    {
        "TableName",
        "Item",
        "ConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ReturnValues",
        "ReturnValuesOnConditionCheckFailure",
    }
)
_RETURNS = ("ALL_OLD", "NONE")
_OTHER_ACCOUNT = "HTTP_X_MOTO_ACCOUNT_ID"
_REFUSALS = (HTTPException, ServiceException, LookupError, TypeError, ValueError)
"""All that moto raises before it writes: its own errors, and what escapes from expressions."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the table said."""

    status: HTTPStatus
    body: bytes

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request with it."""
        headers = {
            "Date": _date(int(time.time())),
            "x-amzn-requestid": os.urandom(26).hex().upper(),
            "x-amz-crc32": str(binascii.crc32(self.body)),
        }
        return respond(
            start_response, self.status, self.body, content_type=CONTENT_TYPE, headers=headers
        )


@functools.lru_cache(maxsize=1)
def _date(second: int) -> str:
    """The header that the server would otherwise format anew for each answer."""
    return formatdate(second, usegmt=True)


def put_directly(request: Mapping[str, Any], environ: Environ, region: str) -> Answer | None:
    """Carry out a PutItem that keeps DynamoDB's rules; None if moto has to see it."""
    table: Any = dynamodb_backends[ACCOUNT_ID][region].tables.get(request["TableName"])
    if table is None or _OTHER_ACCOUNT in environ or not _is_plain_request(request):
        return None
    try:
        return _put(table, request)
    except ConditionalCheckFailed as failed:
        return Answer(HTTPStatus.BAD_REQUEST, str(failed.description).encode())
    except _REFUSALS:
        return None


def _put(table: Any, request: Mapping[str, Any]) -> Answer | None:
    item = request["Item"]
    condition = request.get("ConditionExpression")
    names = request.get("ExpressionAttributeNames", {})
    values = request.get("ExpressionAttributeValues", {})
    parser = ConditionExpressionParser(condition, names, values)
    parser.parse()
    if not names.keys() <= set(parser.expr_attr_names_found):
        return None
    document: dict[str, Any] = {}
    if request.get("ReturnValues") == "ALL_OLD" and (met := _met(table, item)) is not None:
        if not all(map(_is_plain, met.values())):
            return None
        document["Attributes"] = met
    table.put_item(
        item,
        condition_expression=condition,
        expression_attribute_names=names,
        expression_attribute_values=values,
        overwrite=condition is None,
        return_values_on_condition_check_failure=request.get("ReturnValuesOnConditionCheckFailure"),
    )
    return Answer(HTTPStatus.OK, json.dumps(document).encode())


def _met(table: Any, item: Mapping[str, Any]) -> dict[str, Any] | None:
    """The item that the table has under the same key."""
    sort = DynamoType(item[table.range_key_attr]) if table.range_key_attr else None
    found = table.get_item(DynamoType(item[table.hash_key_attr]), sort)
    return None if found is None else {name: _document(it) for name, it in found.attrs.items()}


def _document(value: DynamoType) -> dict[str, Any]:
    content = value.value
    if value.is_map():
        content = {name: _document(part) for name, part in content.items()}
    elif value.is_list():
        content = [_document(part) for part in content]
    return {value.type: content}


def _is_plain_request(request: Mapping[str, Any]) -> bool:
    """Whether moto would understand the request just as it stands."""
    names = request.get("ExpressionAttributeNames", {"#": ""})
    values = request.get("ExpressionAttributeValues", {":": {"S": ""}})
    return (
        request.keys() <= _PARAMETERS
        and request.get("ReturnValues", "NONE") in _RETURNS
        and request.get("ReturnValuesOnConditionCheckFailure", "NONE") in _RETURNS
        and request.get("ConditionExpression", "any") != ""
        and len(names) > 0
        and all(isinstance(name, str) for name in names.values())
        and len(values) > 0
        and all(name.startswith(":") and _is_plain(value) for name, value in values.items())
        and all(map(_is_plain, request["Item"].values()))
    )


def _is_plain(value: Mapping[str, Any]) -> bool:
    """Whether a value has one of the types that look the same to moto as in JSON."""
    [(kind, content)] = value.items()
    match kind:
        case "S" | "N":
            return isinstance(content, str)
        case "BOOL":
            return isinstance(content, bool)
        case "M":
            return isinstance(content, dict) and all(map(_is_plain, content.values()))
        case "L":
            return isinstance(content, list) and all(map(_is_plain, content))
    return False
