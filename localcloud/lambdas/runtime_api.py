"""The Runtime API of one worker: hands it invocations, takes its answers.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import socket
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Invocation:
    """What a worker gets from `/invocation/next`."""

    payload: bytes
    request_id: str
    deadline_ms: int
    function_arn: str
    trace_id: str
    client_context: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker asked for an invocation: the first time, its initialisation is over."""

    at: float
    """By the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The handler returned, or raised (`failed`): the payload is its value or error document."""

    request_id: str
    payload: bytes
    failed: bool


@dataclass(frozen=True, slots=True)
class InitFailed:
    """The handler's module could not be loaded; the payload is the error document."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Exited:
    """The process ended with this wait status."""

    status: int


Event = Ready | Answered | InitFailed | Exited


class RuntimeApi:
    """A socket on 127.0.0.1 for one worker, served by one thread.

    Whoever does not know the random word in front of the paths hears nothing.
    `events` tells what the worker did, in order.
    """

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._has_begun = threading.Event()
        self._invocations: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._server = _Server(self)
        self.word = secrets.token_urlsafe(24)
        self.address = f"127.0.0.1:{self._server.server_port}/{self.word}"
        threading.Thread(target=self._server.serve, name="lambda-runtime-api", daemon=True).start()

    def tell(self, event: Event) -> None:
        """Add to `events`."""
        self.events.put(event)
        self._has_begun.set()

    def await_first_event(self, timeout_seconds: float) -> None:
        """Wait until the worker has done anything, which stays in `events`; or for so long."""
        self._has_begun.wait(timeout_seconds)

    def submit(self, invocation: Invocation) -> None:
        """Hand over the next invocation, now or as soon as the worker asks."""
        self._invocations.put(invocation)

    def close(self) -> None:
        """End the thread; a worker that still waits loses its connection."""
        self._invocations.put(None)
        self._server.stop()

    def next_invocation(self) -> Invocation | None:
        """Wait for the next invocation; `None` says that there will be none."""
        return self._invocations.get()


class _Server(HTTPServer):
    """One connection after another: a worker has one at a time."""

    request_queue_size = 8

    def __init__(self, api: RuntimeApi) -> None:
        self.api = api
        self._closing = False
        super().__init__(("127.0.0.1", 0), _Handler)

    def serve(self) -> None:
        """Serve until stopped, then close the socket."""
        with self:
            while not self._closing:
                self.handle_request()

    def stop(self) -> None:
        """Let `serve` end once its present connection has; returns at once."""
        self._closing = True
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.server_port), timeout=1).close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A worker that died in the middle of a request is reported by its exit, not here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet per answer: unbuffered, Nagle and delayed ACK cost 40 ms each
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base's name)
        """Say nothing."""

    def do_GET(self) -> None:
        """`/2018-06-01/runtime/invocation/next`."""
        api = self.server.api
        if not self._is_the_worker():
            return
        api.tell(Ready(time.monotonic()))
        invocation = api.next_invocation()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
            "Content-Type": "application/json",
        }
        if invocation.client_context:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        self._answer(200, invocation.payload, headers)

    def do_POST(self) -> None:
        """`…/invocation/<id>/response`, `…/invocation/<id>/error`, `…/init/error`."""
        if not self._is_the_worker():
            return
        body = self._body()
        self._answer(202, b'{"status":"OK"}\n', {"Content-Type": "application/json"})
        *_, owner, verb = self.path.split("/")
        if owner == "init":
            self.server.api.tell(InitFailed(body))
        else:
            self.server.api.tell(Answered(owner, body, failed=verb == "error"))

    def _is_the_worker(self) -> bool:
        _, word, *_ = self.path.split("/", 2)
        if secrets.compare_digest(word.encode(), self.server.api.word.encode()):
            return True
        self.close_connection = True
        self._answer(403, b"", {})
        return False

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
