"""What both kinds of APIs share: how a request is read, how long an answer took, errors."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from localcloud.http.wsgi import App, Environ, StartResponse, respond_json

Invoke = Callable[[str, bytes], Any]
"""Calls a function by ARN with a payload; the reply has `payload` and `function_error`."""

Answered = Callable[..., None]
"""Hears of an answer: its `status` and `duration_ms`."""

_FUNCTION_IN_URI = re.compile(r"functions/(?P<arn>arn:[^/]+)/invocations")


@dataclass(frozen=True, slots=True)
class Refused:
    """What API Gateway answers by itself, and the type of error that its header names."""

    status: HTTPStatus
    message: str
    error_type: str

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request with it."""
        headers = {"x-amzn-ErrorType": self.error_type}
        return respond_json(start_response, self.status, {"message": self.message}, headers=headers)


def function_of(uri: str) -> str:
    """The ARN of the function in an integration's URI, which may be that ARN itself."""
    found = _FUNCTION_IN_URI.search(uri)
    return found["arn"] if found else uri


def split_path(environ: Environ) -> tuple[str, str]:
    """The id of the API that a request is for, and the path that it has there.

    >>> split_path({"PATH_INFO": "/_apigateway/abc/approvals/1"})
    ('abc', '/approvals/1')
    """
    _, _, api_id, path = (str(environ["PATH_INFO"]) + "/").split("/", 3)
    return api_id, "/" + path.removesuffix("/")


def headers_of(environ: Environ) -> dict[str, str]:
    """The headers of a request, their names in lower case."""
    headers = {
        key.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            headers[key.replace("_", "-").lower()] = str(environ[key])
    return headers


def query_of(environ: Environ) -> dict[str, list[str]]:
    """The values of each parameter in a request's query, in their order."""
    return parse_qs(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)


def request_time(now: float) -> str:
    """A moment as API Gateway writes it.

    >>> request_time(0)
    '01/Jan/1970:00:00:00 +0000'
    """
    return datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def send(
    start_response: StartResponse,
    status: int,
    headers: Mapping[str, Any],
    content: bytes,
    *rest: Any,
) -> Iterable[bytes]:
    """Send a function's answer; `rest` are pairs of headers that may come more than once."""
    known = HTTPStatus(status)
    length = {"content-length": str(len(content))}
    named = {name.lower(): str(value) for name, value in headers.items()} | length
    start_response(f"{known.value} {known.phrase}", [*named.items(), *rest])
    return [content]


def timed(answer: App, answered: Answered) -> App:
    """The same application, of whose answers `answered` hears."""

    def serve(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        began = time.monotonic()
        statuses: list[int] = []

        def start(status: str, headers: Any, *rest: Any) -> Any:
            statuses.append(int(status[:3]))
            return start_response(status, headers, *rest)

        try:
            return answer(environ, start)
        finally:
            status = statuses[0] if statuses else HTTPStatus.INTERNAL_SERVER_ERROR
            took_ms = (time.monotonic() - began) * 1_000
            answered(status=status, duration_ms=took_ms)

    return serve
