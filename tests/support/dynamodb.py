"""DynamoDB over HTTP in this process, with faults that a test asks for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from localcloud.http.server import HttpServer
from localcloud.http.wsgi import Environ, StartResponse, read_body, respond
from localcloud.services import Services
from localcloud.strict.dynamodb import StrictDynamoDB

Change = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Fault:
    """What goes wrong with the next requests of one operation."""

    operation: str
    times: int
    code: str = ""
    applied: bool = False
    """Whether the request reaches the table before its reply is lost."""
    change: Change | None = None
    """Changes the reply instead of failing."""


def _strict() -> StrictDynamoDB:
    return StrictDynamoDB(Services(), now=time.time, keep=lambda *_: None)


@dataclass
class FaultyDynamoDB:
    """The local cloud's DynamoDB, with the operations it was asked for."""

    app: StrictDynamoDB = field(default_factory=_strict)
    calls: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, as the faults want it."""
        operation = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
        read_body(environ)
        with self.lock:
            self.calls.append(operation)
            fault = next((f for f in self.faults if f.operation == operation and f.times), None)
            if fault is None:
                return list(self.app(environ, start_response))
            fault.times -= 1
            if fault.change is not None:
                return _changed(self.app, environ, start_response, fault.change)
            if fault.applied:
                list(self.app(environ, lambda *_: None))
        status = HTTPStatus.INTERNAL_SERVER_ERROR if fault.applied else HTTPStatus.BAD_REQUEST
        body = json.dumps({"__type": f"com.amazonaws#{fault.code}", "message": "injected"})
        content_type = "application/x-amz-json-1.0"
        return respond(start_response, status, body.encode(), content_type=content_type)

    def fail(self, operation: str, code: str, *, times: int = 1) -> None:
        """Refuse the next requests of an operation."""
        self.faults.append(Fault(operation, times, code))

    def lose_reply(self, operation: str, *, times: int = 1) -> None:
        """Apply the next requests of an operation and answer with an error."""
        self.faults.append(Fault(operation, times, "InternalServerError", applied=True))

    def change_reply(self, operation: str, change: Change, *, times: int = 1) -> None:
        """Answer the next requests of an operation otherwise than the table does."""
        self.faults.append(Fault(operation, times, change=change))


@contextmanager
def serving(front: FaultyDynamoDB) -> Iterator[str]:
    """Serve on a port of its own; yields the endpoint's URL."""
    server = HttpServer()
    server.start(front)
    try:
        yield server.url
    finally:
        server.close()


def _changed(
    app: StrictDynamoDB, environ: Environ, start_response: StartResponse, change: Change
) -> list[bytes]:
    body = b"".join(app(environ, lambda *_: None))
    changed = json.dumps(change(json.loads(body))).encode()
    content_type = "application/x-amz-json-1.0"
    return list(respond(start_response, HTTPStatus.OK, changed, content_type=content_type))
