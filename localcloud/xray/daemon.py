"""The daemon beside the functions: each datagram is a header and a document.

Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

_LARGEST_BYTES = 65_536
_RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024


class Daemon:
    """A socket on 127.0.0.1, read by one thread from construction to `close`."""

    def __init__(self, hear: Callable[[dict[str, Any]], None]) -> None:
        self._hear = hear
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        self._socket.bind(("127.0.0.1", 0))
        host, port = self._socket.getsockname()
        self.address = f"{host}:{port}"
        self._thread = threading.Thread(target=self._serve, name="xray-daemon", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; what comes later is lost, as datagrams are."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread, whatever it then raises
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while datagram := self._received():
            _, _, text = datagram.partition(b"\n")
            with contextlib.suppress(ValueError):  # not ours
                document = json.loads(text)
                if isinstance(document, dict):
                    self._hear(document)

    def _received(self) -> bytes:
        try:
            return self._socket.recv(_LARGEST_BYTES)
        except OSError:
            return b""
