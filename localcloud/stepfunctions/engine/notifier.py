"""Telling listeners what happened, in order, without holding the scheduler up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

log = logging.getLogger(__name__)

Detail = dict[str, Any]


class Notifier:
    """Calls one listener on a thread of its own."""

    def __init__(self, listener: Callable[[Detail], None] | None) -> None:
        self._listener = listener
        self._queue: SimpleQueue[Detail | None] = SimpleQueue()
        if listener is not None:
            threading.Thread(target=self._run, name="stepfunctions-notifier", daemon=True).start()

    def tell(self, detail: Detail) -> None:
        """Have the listener called, soon."""
        if self._listener is not None:
            self._queue.put(detail)

    def close(self) -> None:
        """End the thread once everything has been told."""
        self._queue.put(None)

    def _run(self) -> None:
        assert self._listener is not None
        while (detail := self._queue.get()) is not None:
            try:
                self._listener(detail)
            except Exception:  # the thread outlives any one listener's failure
                log.exception("a listener failed")
