"""The little of WSGI that the parts of the local cloud share."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
HANG_UP = "localcloud.hang_up"
"""Where the server puts the way to cut a connection into the environ."""

HEADER_NAMES = "localcloud.header_names"
"""Where the server puts the names of the headers as the client spelled them."""

_DOCUMENT = "localcloud.document"
_UNPREFIXED = ("CONTENT_LENGTH", "CONTENT_TYPE")

App = Callable[[Environ, StartResponse], Iterable[bytes]]


def variable_of(header: str) -> str:
    """The variable of the environ that holds a header.

    >>> variable_of("x-amz-date"), variable_of("Content-Type")
    ('HTTP_X_AMZ_DATE', 'CONTENT_TYPE')
    """
    name = header.upper().replace("-", "_")
    return name if name in _UNPREFIXED else f"HTTP_{name}"


def read_body(environ: Environ) -> bytes:
    """The request's body; it can be read again by whoever comes next."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = stream.read()
    else:
        body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    _rewind(environ, body)
    return bytes(body)


def read_json(environ: Environ) -> Any:
    """The document in the request's body, parsed once for all who read it and change nothing.

    Raises:
        ValueError: there is none.
    """
    if _DOCUMENT not in environ:
        environ[_DOCUMENT] = json.loads(read_body(environ))
    return environ[_DOCUMENT]


def replace_body(environ: Environ, body: bytes) -> None:
    """Let the next reader see `body` as the request's body."""
    environ.pop(_DOCUMENT, None)
    _rewind(environ, body)


def _rewind(environ: Environ, body: bytes) -> None:
    environ["wsgi.input"] = io.BytesIO(body)
    environ["wsgi.input_terminated"] = False
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def is_form(environ: Environ) -> bool:
    """Whether the body is a form, as the Query protocol sends it."""
    return str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded")


def speaks_query(environ: Environ) -> bool:
    """Whether the client speaks the Query protocol, which is answered in XML: SQS has JSON, too.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
    """
    return is_form(environ) or "Action=" in str(environ.get("QUERY_STRING", ""))


def raw_path(environ: Environ) -> str:
    """The path as it arrived, still percent-encoded."""
    uri = str(environ.get("REQUEST_URI") or quote(environ.get("PATH_INFO", "")))
    return uri.partition("?")[0]


def respond(
    start_response: StartResponse,
    status: HTTPStatus,
    body: bytes,
    *,
    content_type: str,
    headers: Mapping[str, str] | None = None,
) -> Iterable[bytes]:
    """Answer a request with these bytes."""
    start_response(
        f"{status.value} {status.phrase}",
        [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            *(headers or {}).items(),
        ],
    )
    return [body]


def respond_json(
    start_response: StartResponse,
    status: HTTPStatus,
    document: object,
    *,
    headers: Mapping[str, str] | None = None,
) -> Iterable[bytes]:
    """Answer a request with a JSON document."""
    body = json.dumps(document).encode()
    return respond(start_response, status, body, content_type="application/json", headers=headers)


def hang_up(environ: Environ) -> Iterable[bytes]:
    """Cut the connection instead of answering: the client learns nothing."""
    cut: Callable[[], None] = environ[HANG_UP]
    cut()
    return []
