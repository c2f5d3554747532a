"""What a client sends is read as it was sent, however it arrives."""

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.http.connections import SocketReader, SocketWriter


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, SocketReader]]:
    client, server = socket.socketpair()
    with client, server:
        yield client, SocketReader(server)


def test_lines_and_bodies_follow_one_another(pair: tuple[socket.socket, SocketReader]) -> None:
    client, reader = pair
    client.sendall(b"GET / HTTP/1.1\r\nA: b\r\n\r\nbodyGET")
    lines = [reader.readline(), reader.readline(256), reader.readline()]
    assert lines == [b"GET / HTTP/1.1\r\n", b"A: b\r\n", b"\r\n"]
    assert reader.read(4) == b"body"
    assert reader.has_data()
    client.sendall(b" /\r\n")
    assert reader.readline() == b"GET /\r\n"
    assert not reader.has_data()


def test_a_line_is_read_no_longer_than_asked(pair: tuple[socket.socket, SocketReader]) -> None:
    client, reader = pair
    client.sendall(b"x" * 300 + b"\n")
    assert [len(reader.readline(256)) for _ in range(2)] == [256, 45]


def test_a_client_that_closes_ends_what_is_read(pair: tuple[socket.socket, SocketReader]) -> None:
    client, reader = pair
    client.sendall(b"half a li")
    client.shutdown(socket.SHUT_WR)
    assert reader.readline() == b"half a li"
    assert (reader.readline(), reader.read(5), reader.read()) == (b"", b"", b"")


@given(st.binary(max_size=2_000), st.lists(st.integers(0, 300), max_size=8))
def test_every_byte_is_read_once_and_in_order(content: bytes, sizes: list[int]) -> None:
    client, server = socket.socketpair()
    with client, server:
        reader = SocketReader(server)
        SocketWriter(client).write(content)
        client.shutdown(socket.SHUT_WR)
        read = [reader.readline(size) if size % 2 else reader.read(size) for size in sizes]
        assert b"".join([*read, reader.read()]) == content
        assert all(len(piece) <= size for piece, size in zip(read, sizes, strict=True))
