"""A client's connection: read and written as it is, and kept by its thread while work comes in.

cheroot reads and writes through `_pyio`, and hands a connection to another thread after each
request: for a small request, that was half of what the server spent on it.
"""

from __future__ import annotations

import select
import socket
import time
from typing import Any

from cheroot.server import HTTPConnection

LINGER_SECONDS = 0.05
"""How long a thread waits for the next request of a client whose last one came as soon."""

_PIECE_BYTES = 1 << 18
_LINE_BYTES = 1 << 14


class SocketReader:
    """What a client sends, by lines and by bytes."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._held = b""
        self.bytes_read = 0

    def has_data(self) -> bool:
        """Whether something has arrived that nobody has read."""
        return bool(self._held)

    def readline(self, size: int = -1) -> bytes:
        """The next line with its end, or as much of it as `size` or the client allows."""
        while (end := self._held.find(b"\n") + 1) == 0 and not 0 <= size <= len(self._held):
            arrived = self._socket.recv(_LINE_BYTES)
            if not arrived:
                end = len(self._held)
                break
            self._held += arrived
        if end == 0 or 0 <= size < end:
            end = size
        return self._take(end)

    def read(self, size: int | None = None) -> bytes:
        """So many bytes, or all until the client closes; less if it closes before."""
        pieces = [self._take(len(self._held) if size is None or size < 0 else size)]
        left = _PIECE_BYTES if size is None or size < 0 else size - len(pieces[0])
        while left and (arrived := self._socket.recv(min(left, _PIECE_BYTES))):
            pieces.append(arrived)
            if size is not None and size >= 0:
                left -= len(arrived)
        return b"".join(pieces)

    def close(self) -> None:
        """The connection closes the socket itself."""

    def _take(self, count: int) -> bytes:
        taken, self._held = self._held[:count], self._held[count:]
        return taken


class SocketWriter:
    """What a client is sent."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.bytes_written = 0

    def write(self, content: bytes) -> None:
        """Send all of it."""
        self._socket.sendall(content)


class Connection(HTTPConnection):
    """Answers a busy client on one thread; a quiet one costs no thread."""

    def __init__(self, server: Any, connected: socket.socket, _makefile: Any = None) -> None:
        super().__init__(server, connected, _file)
        self._arrivals = select.poll()
        self._arrivals.register(connected, select.POLLIN)

    def communicate(self) -> bool:
        """Answer requests until the client pauses; whether the connection stays open."""
        is_busy = self.last_used is not None and time.time() - self.last_used < LINGER_SECONDS
        while stays := bool(super().communicate()):  # type: ignore[no-untyped-call]
            if not is_busy or not self.server.ready or not self._hears_more():
                break
        return stays

    def _hears_more(self) -> bool:
        return self.rfile.has_data() or bool(self._arrivals.poll(LINGER_SECONDS * 1000))


def _file(connected: socket.socket, mode: str, _buffer_bytes: int) -> Any:
    return SocketReader(connected) if "r" in mode else SocketWriter(connected)
