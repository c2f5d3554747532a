import http.client
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.request import urlopen

from localcloud.http.server import HttpServer
from localcloud.http.wsgi import Environ, StartResponse, respond

DEPTH = 40


class Nested:
    """Answers only after it has asked itself, so many levels deep."""

    url = ""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        depth = int(str(environ["PATH_INFO"]).strip("/"))
        if depth:
            with urlopen(f"{self.url}/{depth - 1}", timeout=20) as response:
                response.read()
        return respond(start_response, HTTPStatus.OK, b"%d" % depth, content_type="text/plain")


def test_requests_that_wait_for_requests_never_run_out_of_threads() -> None:
    app, server = Nested(), HttpServer()
    app.url = server.url
    server.start(app)
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: urlopen(f"{server.url}/{DEPTH}").read(), range(8)))
    assert answers == [b"%d" % DEPTH] * 8
    server.close()


def serving_threads() -> int:
    """Of all servers of this process."""
    return sum(thread.name == "http" for thread in threading.enumerate())


def test_idle_connections_stay_open_and_cost_no_thread() -> None:
    before = serving_threads()
    server = HttpServer()
    server.start(Nested())
    connections = [http.client.HTTPConnection("127.0.0.1", server.port) for _ in range(50)]
    for connection in connections:
        connection.request("GET", "/0")
        connection.getresponse().read()
    assert serving_threads() - before < 20
    sockets = [connection.sock for connection in connections]
    for connection in connections:
        connection.request("GET", "/0")
        connection.getresponse().read()
    assert [connection.sock for connection in connections] == sockets
    for connection in connections:
        connection.close()
    server.close()


class Stuck:
    """Never answers before it is told to."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.released = threading.Event()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        self.asked.set()
        self.released.wait()
        return respond(start_response, HTTPStatus.OK, b"", content_type="text/plain")


def test_a_request_that_never_ends_does_not_keep_the_server_from_closing() -> None:
    app, server = Stuck(), HttpServer()
    server.start(app)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/")
    assert app.asked.wait(10)
    closing = threading.Thread(target=server.close)
    closing.start()
    closing.join(10)
    assert not closing.is_alive()
    app.released.set()
    connection.close()
