"""Where requests to one table are made: until they are done, and as many at once as it bears."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import DynamoDBError, LoadUnfinishedError, TransientError
from stores.pace import Pace, wait_seconds
from stores.wire import Reply, Wire, WireError

THREADS = 16
"""Requests that are under way at once: the wait for DynamoDB is many times the work for a put."""

ATTEMPTS = 12
"""Of one request, over about ten seconds; then the part is tried again later."""

CONDITION_FAILED = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class Desk:
    """Makes requests, again and again until they are done, at the pace that the table bears."""

    wire: Wire
    table: str
    is_late: Callable[[], bool]
    """True once there is no time to wait for a throttled table."""
    pace: Pace = field(default_factory=lambda: Pace(THREADS))

    def call(self, operation: str, document: Mapping[str, Any]) -> Reply:
        """Return the reply to a request that DynamoDB took, or refused by its condition.

        Raises:
            TransientError, LoadUnfinishedError: it was not taken; it may be made again.
            DynamoDBError: making it again will not help.
        """
        for attempt in range(ATTEMPTS):
            with self.pace.turn():
                reply = self._once(operation, document)
            if reply is not None:
                self.pace.succeeded()
                return reply
            self.hold_back(attempt)
        raise TransientError(f"{operation}: throttled or out of reach {ATTEMPTS} times")

    def hold_back(self, attempt: int) -> None:
        """Go slower, and wait before a request is made again.

        Raises:
            LoadUnfinishedError: there is no time to wait.
        """
        self.pace.throttled()
        if self.is_late():
            raise LoadUnfinishedError("no time is left to wait for the table")
        threading.Event().wait(wait_seconds(attempt))

    def _once(self, operation: str, document: Mapping[str, Any]) -> Reply | None:
        """Return the reply, or `None` if the request is to be made again."""
        try:
            reply = self.wire.call(operation, document)
        except WireError:
            return None
        if reply.is_transient:
            return None
        if reply.code not in ("", CONDITION_FAILED):
            said = str(reply.document.get("message") or reply.document.get("Message") or "")
            raise DynamoDBError.refused(self.table, operation, reply.code, said)
        return reply


@functools.cache
def threads() -> ThreadPoolExecutor:
    """Return the threads that make requests, the same for all desks."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="put")
