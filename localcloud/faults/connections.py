"""Which process is at the other end of a connection."""

from __future__ import annotations

import os


def process_connected(*, port: int, server_port: int) -> int | None:
    """The process that holds the connection from `port` to `server_port`; None if it is gone.

    Both ports count: connections to other servers may leave from the same port, and one that was
    closed a moment ago still stands in the system's table with no process behind it.  Processes
    are asked one by one, as macOS shows a user the connections of their own processes only.
    """
    import psutil  # noqa: PLC0415  a start needs it nowhere

    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            connections = process.net_connections("tcp4")
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
        for connection in connections:
            if (
                connection.raddr
                and connection.laddr.port == port
                and connection.raddr.port == server_port
            ):
                return int(process.pid)
    return None
