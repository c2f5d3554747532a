"""What functions have asked of AWS: what their roles must allow."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

from localcloud.http.callers import function_of
from localcloud.http.operations import operation_of
from localcloud.http.wsgi import Environ, is_form, raw_path, read_body, read_json
from localcloud.services import service_of
from localcloud.strict.partiql import named_table, statements_of

LIMIT = 20_000
"""Different calls that are remembered; the oldest are forgotten first."""

_EQUALS = re.compile(r"=\s*(:\w+)")
"""The value that a query's partition key equals; a sort key is compared after it."""

_ARNS = ("stateMachineArn", "mapRunArn", "executionArn", "TopicArn", "FunctionName", "QueueUrl")


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionCall:
    """One operation of one function on the same things."""

    function: str
    service: str
    operation: str
    resources: tuple[str, ...]
    """`bucket/key`, `table`, `table/index/name` or an ARN."""
    source: str
    """`bucket/key` of a copy's source."""
    versioned: bool
    """True if the object, or the source of the copy, is named with its version."""
    leading_keys: tuple[str, ...] = ()
    """Values of the partition key `pk`, or of an index's, as far as their first `#`."""


class CallLog:
    """Each different call once, in the order of the first time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[FunctionCall, None] = {}

    def note(self, environ: Environ) -> FunctionCall | None:
        """Remember a request, if a function makes it."""
        function = function_of(environ)
        if not function:
            return None
        call = described(function, environ)
        with self._lock:
            self._calls[call] = None
            if len(self._calls) > LIMIT:
                del self._calls[next(iter(self._calls))]
        return call

    def seen(self) -> list[dict[str, Any]]:
        """The calls so far, as JSON documents."""
        with self._lock:
            return [asdict(call) for call in self._calls]


def described(function: str, environ: Environ) -> FunctionCall:
    """What a request asks; `function` is whoever makes it."""
    service = service_of(environ)
    operation = operation_of(service, environ)
    resources: tuple[str, ...]
    source, versioned = "", False
    leading_keys: tuple[str, ...] = ()
    if service == "s3":
        resources = (unquote(raw_path(environ)).lstrip("/"),)
        copied = str(environ.get("HTTP_X_AMZ_COPY_SOURCE", ""))
        path, _, query = copied.partition("?")
        source = unquote(path).lstrip("/")
        versioned = "versionId" in dict(
            parse_qsl(query if copied else str(environ.get("QUERY_STRING", "")))
        )
    else:
        parameters = _parameters(environ)
        resources = tuple(dict.fromkeys(_named(parameters)))
        if service == "dynamodb":
            leading_keys = tuple(sorted(set(_leading_keys(parameters))))
    return FunctionCall(
        function=function,
        service=service,
        operation=operation,
        resources=resources,
        source=source,
        versioned=versioned,
        leading_keys=leading_keys,
    )


def _parameters(environ: Environ) -> Mapping[str, Any]:
    if is_form(environ):
        body = read_body(environ).decode(errors="replace")
        return {name: values[0] for name, values in parse_qs(body).items()}
    try:
        document = read_json(environ)
    except ValueError:  # the service will say so
        return {}
    return document if isinstance(document, dict) else {}


def _leading_keys(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Yield how the partition keys begin that a request to DynamoDB is about.

    >>> list(_leading_keys({"Key": {"pk": {"S": "RUN#r1"}, "sk": {"S": "RUN"}}}))
    ['RUN#']
    """
    requested = parameters.get("RequestItems") or {}
    keys = [key for table in requested.values() if "Keys" in table for key in table["Keys"]]
    keys += [parameters[name] for name in ("Key", "Item") if name in parameters]
    texts = [str(key["pk"].get("S", "")) for key in keys if "pk" in key]
    if asked := _EQUALS.search(str(parameters.get("KeyConditionExpression", ""))):
        texts += parameters["ExpressionAttributeValues"][asked[1]].values()
    for text in texts:
        head, mark, _ = text.partition("#")
        yield head + mark


def _named(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a request is about."""
    if table := parameters.get("TableName"):
        index = parameters.get("IndexName")
        yield f"{table}/index/{index}" if index else str(table)
    requested = parameters.get("RequestItems")
    if isinstance(requested, dict):
        yield from requested
    for statement in statements_of(parameters):
        if found := named_table(str(statement["Statement"])):
            yield found
    yield from (str(parameters[name]) for name in _ARNS if name in parameters)
