"""PutItem straight into moto's tables: the request that decides about a row that is known already.

Most of what moto spends on a PutItem goes into making objects of a request and of its answer.
Here plain requests (known parameters; texts, numbers, truths, lists and maps) reach moto's table
at once, which decides and writes as ever.  Whatever is not plain, and whatever the table refuses
for any other reason than its condition, is left to moto: nothing has been written by then, and
there is one source for the words of errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from moto.core.exceptions import ServiceException
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import ConditionalCheckFailed
from werkzeug.exceptions import HTTPException

from localcloud.strict.plain import Answer, described, is_plain, met, table_of

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
_REFUSALS = (HTTPException, ServiceException, LookupError, TypeError, ValueError)
"""All that moto raises before it writes: its own errors, and what escapes from expressions."""


def put_directly(request: Mapping[str, Any], region: str) -> Answer | None:
    """Carry out a PutItem that keeps DynamoDB's rules; None if moto has to see it."""
    table = table_of(request["TableName"], region)
    if table is None or not _is_plain_request(request):
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
    if request.get("ReturnValues") == "ALL_OLD" and (old := met(table, item)) is not None:
        document["Attributes"] = described(old)
        if document["Attributes"] is None:
            return None
    table.put_item(
        item,
        condition_expression=condition,
        expression_attribute_names=names,
        expression_attribute_values=values,
        overwrite=condition is None,
        return_values_on_condition_check_failure=request.get("ReturnValuesOnConditionCheckFailure"),
    )
    return Answer.of(document)


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
        and all(name.startswith(":") and is_plain(value) for name, value in values.items())
        and all(map(is_plain, request["Item"].values()))
    )
