"""What the cloud asks of itself, answered without a socket.

Deployments, tasks of state machines and deliveries use clients as everybody does: their requests
are built, signed and judged like all others, and only the way through the network is left out.
"""

from __future__ import annotations

import io
import logging
import re
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from localcloud.http.wsgi import HANG_UP, HEADER_NAMES, App, Environ, variable_of

log = logging.getLogger(__name__)

_SLASH = re.compile("%2F", re.IGNORECASE)


class _Body(io.BytesIO):
    """What a client reads an answer from, whole or in pieces."""

    def stream(self) -> list[bytes]:
        return [self.read()]


def answer_within(app: App, request: Any) -> AWSResponse:
    """What `app` answers to a client's request (`AWSPreparedRequest`), on the caller's thread.

    Raises:
        ConnectionClosedError: the app hung up, or failed; its log says why.
    """
    environ = _environ(request)
    told: list[tuple[int, Any]] = []
    cut: list[bool] = []
    environ[HANG_UP] = lambda: cut.append(True)

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        told.append((int(status.split(" ", 1)[0]), headers))

    try:
        answer = b"".join(app(environ, start_response))
    except Exception as error:  # as an HTTP server does: a request's failure is that request's
        log.exception("%s %s failed", request.method, environ["PATH_INFO"])
        raise ConnectionClosedError(endpoint_url=request.url, error=error) from error
    if cut:
        raise ConnectionClosedError(endpoint_url=request.url)
    status, headers = told[-1]
    body: Any = _Body(answer)
    return AWSResponse(request.url, status, headers, body)


def _environ(request: Any) -> Environ:
    """A request as the HTTP server would hand it on."""
    url = urlsplit(request.url)
    path = url.path or "/"
    headers = {name: _text(value) for name, value in request.headers.items()}
    return {
        **{variable_of(name): text for name, text in headers.items()},
        "HTTP_HOST": url.netloc,
        "PATH_INFO": "%2F".join(unquote(part, "latin-1") for part in _SLASH.split(path)),
        "QUERY_STRING": url.query,
        "REMOTE_ADDR": url.hostname,
        "REMOTE_PORT": "0",
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": f"{path}?{url.query}" if url.query else path,
        "SCRIPT_NAME": "",
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.errors": sys.stderr,
        "wsgi.input": _stream(request.body),
        "wsgi.input_terminated": "Transfer-Encoding" in request.headers,
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": url.scheme,
        "wsgi.version": (1, 0),
        HEADER_NAMES: tuple(headers),
    }


def _text(value: str | bytes) -> str:
    """A header as WSGI has it, each byte one character."""
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _stream(body: Any) -> Any:
    if body is None:
        return io.BytesIO()
    if isinstance(body, str):
        return io.BytesIO(body.encode())
    return io.BytesIO(body) if isinstance(body, (bytes, bytearray)) else body
