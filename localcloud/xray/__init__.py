"""X-Ray for the local cloud: segments are kept for a while, and found by what they are about.

`daemon` hears the subsegments of functions, `store` keeps them with the segments of invocations,
`filters` and `api` find them. Every invocation of a function with active tracing is kept, and is
a trace of its own: state machines write no segments here. Nothing of it outlives the process.

Source: https://docs.aws.amazon.com/xray/latest/devguide/aws-xray.html
"""

from __future__ import annotations

from localcloud.xray.daemon import Daemon
from localcloud.xray.store import TraceStore


class XRay:
    """The running service."""

    def __init__(self) -> None:
        self.store = TraceStore()
        self._daemon = Daemon(self.store.hear)

    @property
    def daemon_address(self) -> str:
        """Where functions send their subsegments, `host:port`."""
        return self._daemon.address

    def close(self) -> None:
        """Hear nothing more."""
        self._daemon.close()
