"""The two ways in which rows get into a dataset's table.

`newer-wins`: one conditional put a row, many at a time; whatever order files arrive in, the row
of the newest file stays. `batch`: 25 rows a request and no condition, for tables where the order
of files cannot matter.
"""

from __future__ import annotations

import functools
import itertools
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipeline.errors import DynamoDBError, LoadUnfinishedError, TransientError
from pipeline.items import META, Item, Outcome, judge, source_version
from pipeline.records import LoadCounts
from stores.pace import Pace, wait_seconds
from stores.wire import Reply, Wire, WireError

THREADS = 16
"""Requests that are under way at once: the wait for DynamoDB is many times the work for a put."""

ATTEMPTS = 12
"""Of one request, over about ten seconds; then the part is tried again later."""

BATCH_ITEMS = 25
"""Items that one BatchWriteItem takes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

_NEWER = "attribute_not_exists(#key) OR attribute_not_exists(#meta) OR #meta.#version < :version"
_SAME = "#meta.#version = :version"
_CONDITION_FAILED = "ConditionalCheckFailedException"


class Writer(Protocol):
    """Writes items of distinct keys and says what became of them."""

    def write(self, items: Sequence[Item]) -> LoadCounts:
        """Write all items; each is counted once.

        Raises:
            TransientError, LoadUnfinishedError: some were not written; all may be written again.
            DynamoDBError: writing them again will not help.
        """
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Makes requests, again and again until they are done, at the pace that the table bears."""

    wire: Wire
    is_late: Callable[[], bool]
    """True once there is no time to wait for a throttled table."""
    pace: Pace = field(default_factory=lambda: Pace(THREADS))

    def call(self, operation: str, document: Mapping[str, Any]) -> Reply:
        """Return the reply to a request that DynamoDB took, or refused by its condition.

        Raises:
            TransientError, LoadUnfinishedError, DynamoDBError: as a writer does.
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
        if reply.code not in ("", _CONDITION_FAILED):
            said = str(reply.document.get("message") or reply.document.get("Message") or "")
            raise DynamoDBError.refused(_table_of(document), operation, reply.code, said)
        return reply


@dataclass(frozen=True, slots=True)
class NewerWins:
    """Conditional puts: an older row never replaces a newer one."""

    desk: Desk
    table: str
    key: str
    """The partition key's attribute."""
    run_id: str

    def write(self, items: Sequence[Item]) -> LoadCounts:
        """Put each item unless the table holds a newer one."""
        outcomes = Counter(_threads().map(self._put, items))
        return LoadCounts(
            loaded=outcomes[Outcome.LOADED],
            replayed=outcomes[Outcome.REPLAYED],
            superseded=outcomes[Outcome.SUPERSEDED],
            rows_done=len(items),
        )

    def _put(self, item: Item) -> Outcome:
        for condition in itertools.cycle((_NEWER, _SAME)):
            applied, met = self._put_if(item, condition)
            outcome = judge(item, met, run_id=self.run_id)
            if applied:
                return outcome or Outcome.LOADED
            if outcome is not None and met is not None:
                return outcome
        raise AssertionError("a cycle does not end")

    def _put_if(self, item: Item, condition: str) -> tuple[bool, Item | None]:
        """Put an item under a condition; returns whether it was put, and the item it met."""
        names = {"#meta": META, "#version": "version"}
        if condition is _NEWER:
            names["#key"] = self.key
        reply = self.desk.call(
            "PutItem",
            {
                "TableName": self.table,
                "Item": item,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {":version": {"S": source_version(item)}},
                "ReturnValues": "ALL_OLD",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            },
        )
        if reply.code == _CONDITION_FAILED:
            return False, reply.document.get("Item")
        return True, reply.document.get("Attributes")


@dataclass(frozen=True, slots=True)
class Batch:
    """BatchWriteItem: the cheapest way in, without any order."""

    desk: Desk
    table: str

    def write(self, items: Sequence[Item]) -> LoadCounts:
        """Put all items."""
        starts = range(0, len(items), BATCH_ITEMS)
        batches = [items[start : start + BATCH_ITEMS] for start in starts]
        deque(_threads().map(self._put, batches), maxlen=0)
        return LoadCounts(loaded=len(items), rows_done=len(items))

    def _put(self, items: Sequence[Item]) -> None:
        wanted: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
        for attempt in range(ATTEMPTS):
            reply = self.desk.call("BatchWriteItem", {"RequestItems": {self.table: wanted}})
            wanted = reply.document.get("UnprocessedItems", {}).get(self.table, [])
            if not wanted:
                return
            self.desk.hold_back(attempt)
        raise TransientError(f"{self.table} left {len(wanted)} items unprocessed")


def _table_of(document: Mapping[str, Any]) -> str:
    """Return the table that a request writes."""
    return str(document.get("TableName") or next(iter(document["RequestItems"])))


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="put")
