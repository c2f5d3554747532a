"""The HTTP server: one thread for each request under way, as many as there are.

A request may depend on another one: a Lambda invocation waits for a handler that calls the
API itself.  Any fixed number of threads would therefore deadlock at some depth, so the pool
grows whenever every thread is taken, and idle connections cost no thread at all.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from cheroot.server import HeaderReader, HTTPRequest
from cheroot.workers.threadpool import (  # type: ignore[attr-defined]  # its stub hides one
    _SHUTDOWNREQUEST,
    ThreadPool,
    WorkerThread,
)
from cheroot.wsgi import Gateway_10, Server

from localcloud.http.connections import Connection
from localcloud.http.wsgi import HANG_UP, HEADER_NAMES, App

_IDLE_SECONDS = 3_600
"""How long a silent connection is kept: longer than SDKs keep theirs, so that they close first."""

_FIRST_THREADS = 4

_GRACE_SECONDS = 1.0
"""How long requests under way may take to end when the server closes."""


class _GrowingPool(ThreadPool):
    """Hands every connection to a thread that waits for one, starting it if there is none."""

    _threads: list[WorkerThread]

    def __init__(self, server: Server) -> None:
        super().__init__(server, min=_FIRST_THREADS)
        self._lock = threading.Lock()
        self._waiting = 0
        self._take = self.get
        self.get = self._wait_for_connection

    def _wait_for_connection(self) -> Any:
        with self._lock:
            self._waiting += 1
        return self._take()

    def put(self, obj: Any) -> None:
        """Queue a connection that is promised a thread of its own."""
        with self._lock:
            self._waiting -= 1
            missing = self._waiting < 0
        if missing:
            self.grow(1)
        super().put(obj)

    def grow(self, amount: int) -> None:
        """Start threads without waiting until they run."""
        for _ in range(amount):
            worker: WorkerThread = WorkerThread(self.server)  # type: ignore[no-untyped-call]
            worker.name = "http"
            worker.daemon = True
            self._threads.append(worker)
            worker.start()

    def stop(self, timeout: float = _GRACE_SECONDS) -> None:
        """End the idle threads, wait a moment for the others and leave them to the process's end.

        A request may take 15 minutes (a Lambda invocation); nobody waits for its answer now.
        """
        deadline = time.monotonic() + timeout
        for _ in self._threads:
            super().put(_SHUTDOWNREQUEST)
        for worker in self._threads:
            worker.join(max(0, deadline - time.monotonic()))


class _Request(HTTPRequest):
    """Keeps headers with an underscore, which S3 allows in the names of metadata."""

    header_reader = HeaderReader()


class _Connection(Connection):
    RequestHandlerClass = _Request


class _Gateway(Gateway_10):
    """Tells how the names of headers were spelled, which WSGI forgets."""

    def get_environ(self) -> Any:
        environ = super().get_environ()  # type: ignore[no-untyped-call]
        environ[HEADER_NAMES] = tuple(name.decode() for name in self.req.inheaders)
        environ[HANG_UP] = self._hang_up
        return environ

    def _hang_up(self) -> None:
        self.req.close_connection = True
        self.req.sent_headers = True  # nothing more is written
        self.req.conn.socket.shutdown(socket.SHUT_RDWR)


class _Server(Server):
    """Lets the port be bound again at once after the process was killed, whoever chose it."""

    @classmethod
    def prepare_socket(cls, *args: Any, **kwargs: Any) -> Any:
        listener = super().prepare_socket(*args, **kwargs)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return listener


class HttpServer:
    """Serves a WSGI application on 127.0.0.1, from `start` to `close`."""

    def __init__(self, *, port: int = 0) -> None:
        """Bind the port at once (0: any free one); connections wait until `start`."""
        self._server = _Server(("127.0.0.1", port), None, server_name="127.0.0.1")
        self._server.request_queue_size = 256
        self._server.timeout = _IDLE_SECONDS
        self._server.shutdown_timeout = _GRACE_SECONDS
        self._server.keep_alive_conn_limit = None  # type: ignore[assignment]  # no limit
        self._server.requests = _GrowingPool(self._server)
        self._server.ConnectionClass = _Connection
        self._server.gateway = _Gateway
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, name="http", daemon=True)

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self._server.bind_addr[1])

    @property
    def url(self) -> str:
        """The endpoint for every AWS client."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, app: App) -> None:
        """Let `app` answer requests, on threads of the server's own."""
        self._server.wsgi_app = app
        self._thread.start()

    def close(self) -> None:
        """Stop listening and give requests under way a second to end."""
        self._server.stop()
        self._thread.join()
