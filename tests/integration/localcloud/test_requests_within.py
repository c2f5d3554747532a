"""What the cloud asks of itself is asked as it would be over the wire."""

import io
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError
from botocore.httpsession import URLLib3Session

from localcloud.door import Door
from localcloud.http.server import HttpServer
from localcloud.http.within import answer_within
from localcloud.http.wsgi import Environ, StartResponse, hang_up, read_body

ELSEWHERE = {
    "ACTUAL_SERVER_PROTOCOL",  # the server's own, which nobody reads
    "SERVER_SOFTWARE",
    "REMOTE_PORT",  # of a connection, which there is none of
    "HTTP_CONNECTION",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_EXPECT",
    "HTTP_USER_AGENT",
}


class Mirror:
    """Notes what it is asked, and answers with the body."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, Any], bytes]] = []

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        told = {name: value for name, value in environ.items() if name.isupper()}
        body = read_body(environ)
        self.seen.append(({n: told[n] for n in told.keys() - ELSEWHERE}, body))
        start_response("201 Created", [("Content-Length", str(len(body))), ("X-Is", "mirror")])
        return [body]


@pytest.fixture(scope="module")
def mirror() -> Iterator[tuple[Mirror, str]]:
    app, server = Mirror(), HttpServer()
    server.start(app)
    yield app, server.url
    server.close()


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        pytest.param("GET", "/", {}, None, id="nothing but a path"),
        pytest.param("GET", "", {}, None, id="not even a path"),
        pytest.param("GET", "/b/a%20k%C3%A9y?versionId=n%2F1&x", {}, None, id="encoded names"),
        pytest.param("GET", "/f/arn%3Aaws%2Ff", {}, None, id="an encoded slash stays one"),
        pytest.param("PUT", "/b/k", {"x-amz-meta-A": "1"}, b"bytes", id="bytes"),
        pytest.param("POST", "/", {"Content-Type": "text/x"}, "é", id="text"),
        pytest.param("POST", "/", {"X-Amz-Note": "é".encode()}, b"", id="a header of bytes"),
        pytest.param("PUT", "/b/k", {}, bytearray(b"\0\1"), id="a buffer"),
        pytest.param("DELETE", "/b/k", {}, None, id="a deletion"),
    ],
)
def test_a_request_is_the_same_both_ways(
    mirror: tuple[Mirror, str], method: str, path: str, headers: dict[str, Any], body: Any
) -> None:
    app, url = mirror
    request = AWSRequest(method=method, url=url + path, headers=headers, data=body).prepare()
    over_the_wire = URLLib3Session().send(request)
    within = answer_within(app, request)
    (told, sent), (told_within, sent_within) = app.seen[-2:]
    assert told_within == told
    assert sent_within == sent
    assert within.content == over_the_wire.content
    assert within.status_code == over_the_wire.status_code == 201
    assert within.headers["x-is"] == over_the_wire.headers["x-is"] == "mirror"


def test_a_file_is_read_by_whoever_answers(mirror: tuple[Mirror, str]) -> None:
    app, url = mirror
    file = io.BytesIO(b"content of a file")
    request = AWSRequest(method="PUT", url=f"{url}/b/k", data=file).prepare()
    assert answer_within(app, request).content == b"content of a file"


def test_an_answer_is_read_in_pieces(mirror: tuple[Mirror, str]) -> None:
    app, url = mirror
    request = AWSRequest(method="PUT", url=f"{url}/b/k", data=b"abcdef", stream_output=True)
    raw = answer_within(app, request.prepare()).raw
    assert [raw.read(4), raw.read(4), raw.read(4)] == [b"abcd", b"ef", b""]


def test_a_connection_that_is_cut_is_an_error_of_the_client() -> None:
    request = AWSRequest(method="GET", url="http://127.0.0.1:9/").prepare()
    with pytest.raises(ConnectionClosedError):
        answer_within(lambda environ, _: hang_up(environ), request)


def test_a_failure_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Environ, __: StartResponse) -> Iterable[bytes]:
        raise ZeroDivisionError

    request = AWSRequest(method="GET", url="http://127.0.0.1:9/here").prepare()
    with caplog.at_level(logging.ERROR), pytest.raises(ConnectionClosedError):
        answer_within(fail, request)
    assert "GET /here failed" in caplog.text


def test_a_closed_door_answers_nobody() -> None:
    door = Door(region="eu-central-1")
    door.close()
    with pytest.raises((ConnectionClosedError, EndpointConnectionError)):
        door.account.client("sts").get_caller_identity()
