"""The two ways in which rows get into a dataset's table.

`newer-wins`: one conditional put a row, many at a time; whatever order files arrive in, the row
of the newest file stays. `batch`: 25 rows a request and no condition, for tables where the order
of files cannot matter.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from botocore.exceptions import ClientError

from pipeline.errors import TransientError
from pipeline.items import META, Item, Outcome, judge, source_version
from pipeline.records import LoadCounts
from stores.aws import code_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

THREADS = 16
"""Puts that are under way at once: the wait for DynamoDB is ten times the work for a put."""

BATCH_ITEMS = 25
"""Items that one BatchWriteItem takes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

BATCH_ATTEMPTS = 12
"""Requests for the same 25 items before the whole part is tried again later."""

_NEWER = "attribute_not_exists(#key) OR attribute_not_exists(#meta) OR #meta.#version < :version"
_SAME = "#meta.#version = :version"


class Writer(Protocol):
    """Writes items of distinct keys and says what became of them."""

    def write(self, items: Sequence[Item]) -> LoadCounts:
        """Write all items; each is counted once.

        Raises:
            ClientError, TransientError: some were not written; all may be written again.
        """
        ...


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="put")


@dataclass(frozen=True, slots=True)
class NewerWins:
    """Conditional puts: an older row never replaces a newer one."""

    client: DynamoDBClient
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
        try:
            answer = self.client.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={":version": {"S": source_version(item)}},
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return False, cast("dict[str, Item]", error.response).get("Item")
        return True, cast("Item | None", answer.get("Attributes"))


@dataclass(frozen=True, slots=True)
class Batch:
    """BatchWriteItem: the cheapest way in, without any order."""

    client: DynamoDBClient
    table: str

    def write(self, items: Sequence[Item]) -> LoadCounts:
        """Put all items."""
        starts = range(0, len(items), BATCH_ITEMS)
        batches = [items[start : start + BATCH_ITEMS] for start in starts]
        deque(_threads().map(self._put, batches), maxlen=0)
        return LoadCounts(loaded=len(items), rows_done=len(items))

    def _put(self, items: Sequence[Item]) -> None:
        wanted: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
        for _ in range(BATCH_ATTEMPTS):
            answer = self.client.batch_write_item(RequestItems={self.table: wanted})
            wanted = answer["UnprocessedItems"].get(self.table, [])
            if not wanted:
                return
        raise TransientError(f"{self.table} left {len(wanted)} items unprocessed")
