"""In front of moto's DynamoDB: its rules on requests, and its promise that writes never overlap.

moto's tables lose concurrent writes, so requests are answered one at a time.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from localcloud.account import ACCOUNT_ID
from localcloud.corrections import table_indexes, table_reads
from localcloud.http.operations import is_read
from localcloud.http.wsgi import App, Environ, StartResponse, read_json, replace_body, respond
from localcloud.services import region_of
from localcloud.strict.attribute_values import InvalidValueError
from localcloud.strict.direct_batches import insert_directly, write_directly
from localcloud.strict.direct_puts import put_directly
from localcloud.strict.direct_reads import get_batch_directly, get_directly
from localcloud.strict.dynamodb_rules import RULES, Request
from localcloud.strict.idempotency import IdempotencyTokens, ParametersDifferError
from localcloud.strict.plain import CONTENT_TYPE, Answer
from localcloud.strict.tables import TableKeys

Keep = Callable[[str, Mapping[str, Any], str], None]
"""Gets the operation, the request and the region."""

_TOKEN_SECONDS = 600

_OTHER_ACCOUNT = "HTTP_X_MOTO_ACCOUNT_ID"
_DIRECT: Mapping[str, Callable[[Request, str], Answer | None]] = {
    "BatchExecuteStatement": insert_directly,
    "BatchGetItem": get_batch_directly,
    "BatchWriteItem": write_directly,
    "GetItem": get_directly,
    "PutItem": put_directly,
}
"""What need not pass through moto's layers if it is plain."""


class StrictDynamoDB:
    """Refuses what DynamoDB would refuse before the emulator sees it."""

    def __init__(self, app: App, *, now: Callable[[], float], keep: Keep) -> None:
        """`keep` is told of each request that was carried out before the next one is."""
        self._app = app
        self._keep = keep
        self._lock = threading.Lock()
        self._tokens = IdempotencyTokens(now=now, lifetime_seconds=_TOKEN_SECONDS)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Check a request and let the emulator answer it."""
        operation = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]
        request = read_json(environ)
        region = region_of(environ)
        with self._lock:
            if not is_read(operation):
                table_indexes.forget()
                table_reads.forget()
            try:
                checked = _checked(operation, request, region)
                answer = self._carry_out(operation, request, checked, environ, start_response)
                self._keep(operation, request, region)
            except InvalidValueError as error:
                return _refuse(start_response, "ValidationException", str(error))
            except ParametersDifferError as error:
                return _refuse(start_response, "IdempotentParameterMismatchException", str(error))
            return answer

    def _carry_out(
        self,
        operation: str,
        request: Request,
        checked: Request,
        environ: Environ,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        if operation in _DIRECT and _OTHER_ACCOUNT not in environ:
            answer = _DIRECT[operation](checked, region_of(environ))
            if answer is not None:
                return answer.send(start_response)
        if checked != request:
            replace_body(environ, json.dumps(checked).encode())
        if operation == "TransactWriteItems":
            return self._transact(request, environ, start_response)
        return self._app(environ, start_response)

    def _transact(
        self, request: dict[str, Any], environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        if self._tokens.has_seen(request):
            return respond(start_response, HTTPStatus.OK, b"{}", content_type=CONTENT_TYPE)

        def note_success(status: str, headers: list[tuple[str, str]]) -> Any:
            if status.startswith("200"):
                self._tokens.remember(request)
            return start_response(status, headers)

        return self._app(environ, note_success)


def _checked(operation: str, request: Request, region: str) -> Request:
    """The request with its numbers as DynamoDB keeps them, if it keeps DynamoDB's rules."""
    if operation not in RULES:
        return request
    return RULES[operation](request, functools.partial(TableKeys.find, ACCOUNT_ID, region))


def _refuse(start_response: StartResponse, code: str, message: str) -> Iterable[bytes]:
    document = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}
    body = json.dumps(document).encode()
    return respond(start_response, HTTPStatus.BAD_REQUEST, body, content_type=CONTENT_TYPE)
