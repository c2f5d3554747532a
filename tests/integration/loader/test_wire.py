"""The loader's own requests, against servers that behave badly."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stores.wire import Reply, Wire, WireError

OK = b"HTTP/1.1 200 OK\r\n"


class Scripted(socketserver.StreamRequestHandler):
    """Answers one request of each connection with the next of the server's answers."""

    def handle(self) -> None:
        length = 0
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, text = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(text)
        if length:
            self.rfile.read(length)
            self.server.asked += 1  # type: ignore[attr-defined]
            self.wfile.write(self.server.answers.pop(0))  # type: ignore[attr-defined]


@contextmanager
def scripted(monkeypatch: pytest.MonkeyPatch, *answers: bytes) -> Iterator[Wire]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scripted) as server:
        server.daemon_threads = True
        server.answers, server.asked = list(answers), 0  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        for name, value in {
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{server.server_address[1]}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }.items():
            monkeypatch.setenv(name, value)
        wire = Wire()
        yield wire
        wire.close()
        server.shutdown()


def answer(body: bytes, status: bytes = OK, header: bytes = b"") -> bytes:
    return status + header + b"content-length: %d\r\n\r\n" % len(body) + body


def test_a_connection_that_went_stale_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(monkeypatch, answer(b"{}"), answer(b'{"a":1}')) as wire:
        assert wire.call("PutItem", {}) == Reply("", {}, is_transient=False)
        assert wire.call("PutItem", {}).document == {"a": 1}


def test_no_reply_at_all_is_told_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(monkeypatch, b"", b"") as wire, pytest.raises(WireError, match="PutItem"):
        wire.call("PutItem", {})


def test_a_damaged_reply_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = answer(b"{}", header=b"x-amz-crc32: 1\r\n")
    with scripted(monkeypatch, damaged) as wire, pytest.raises(WireError, match="damaged"):
        wire.call("PutItem", {})


@pytest.mark.parametrize(
    ("status", "code", "transient"),
    [
        (b"400", "ProvisionedThroughputExceededException", True),
        (b"400", "ValidationException", False),
        (b"400", "ConditionalCheckFailedException", False),
        (b"500", "InternalServerError", True),
    ],
)
def test_which_errors_pass(
    monkeypatch: pytest.MonkeyPatch, status: bytes, code: str, transient: bool
) -> None:
    body = b'{"__type":"com.amazonaws.dynamodb.v20120810#%s"}' % code.encode()
    with scripted(monkeypatch, answer(body, b"HTTP/1.1 %s X\r\n" % status)) as wire:
        reply = wire.call("PutItem", {})
        assert (reply.code, reply.is_transient) == (code, transient)


def test_an_error_without_a_document_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(monkeypatch, answer(b"<html>", b"HTTP/1.1 503 X\r\n")) as wire:
        assert wire.call("PutItem", {}).is_transient
