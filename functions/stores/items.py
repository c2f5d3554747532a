"""The two ways in which rows get into a dataset's table.

`newer-wins`: one conditional put a row, many at a time; whatever order files arrive in, the row
of the newest file stays. While the keys that are met are new, rows are inserted 25 to a request;
the conditional put then decides about those that the table holds after all.
`batch`: 25 rows a request and no condition, for tables where the order of files cannot matter.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.errors import TransientError
from pipeline.rows.former import Former
from pipeline.rows.items import META, Item, Outcome, judge, source_version
from pipeline.runs.records import LoadCounts
from stores.desk import ATTEMPTS, CONDITION_FAILED, Desk, threads
from stores.inserts import BATCH_STATEMENTS, insert

PROBE_ROWS = 50
"""Rows that are put one by one before any is inserted.

An INSERT that meets a known key is paid for twice, so none is made until so many keys in a row
were new: with keys known at random, that costs at most 0.8 % more write units than puts alone.
"""

BATCH_ITEMS = 25
"""Items that one BatchWriteItem takes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

_NEWER = "attribute_not_exists(#key) OR attribute_not_exists(#meta) OR #meta.#version < :version"
_SAME = "#meta.#version = :version"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of some rows, and what the table held before, where it held something."""

    counts: LoadCounts
    former: Sequence[Former] = ()


class Writer(Protocol):
    """Writes items of distinct keys and says what became of them."""

    def write(self, items: Sequence[Item]) -> Written:
        """Write all items; each is counted once.

        Raises:
            TransientError, LoadUnfinishedError: some were not written; all may be written again.
            DynamoDBError: writing them again will not help.
        """
        ...


@dataclass(slots=True)
class NewerWins:
    """Conditional puts: an older row never replaces a newer one."""

    desk: Desk
    key: Sequence[str]
    """The table's key attributes, the partition key first."""
    run_id: str
    keys_are_new: bool = False
    """Whether all keys of the rows before were new to the table."""

    def write(self, items: Sequence[Item]) -> Written:
        """Put each item unless the table holds a newer one."""
        rows, rest = [], items
        if not self.keys_are_new:
            rows, rest = self._put_all(items[:PROBE_ROWS]), items[PROBE_ROWS:]
        if rest:
            rows += self._insert_all(rest) if self.keys_are_new else self._put_all(rest)
        outcomes = Counter(row.outcome for row in rows)
        counts = LoadCounts(
            loaded=outcomes[Outcome.LOADED],
            replayed=outcomes[Outcome.REPLAYED],
            superseded=outcomes[Outcome.SUPERSEDED],
            fresh=sum(row.met is None for row in rows),
            rows_done=len(items),
        )
        return Written(counts, [former for row in rows if (former := self._former(row))])

    def _put_all(self, items: Sequence[Item]) -> list[_Row]:
        return self._noted(threads().map(self._put, items))

    def _insert_all(self, items: Sequence[Item]) -> list[_Row]:
        batches = _batches(items, BATCH_STATEMENTS)
        return self._noted(itertools.chain.from_iterable(threads().map(self._insert, batches)))

    def _noted(self, written: Iterator[_Row]) -> list[_Row]:
        """Note what became known about the keys."""
        rows = list(written)
        self.keys_are_new = bool(rows) and all(row.met is None for row in rows)
        return rows

    def _former(self, row: _Row) -> Former | None:
        """Return what a row replaced; unknown for one that an attempt before had written."""
        if row.met is None:
            return None
        key = {name: row.met[name] for name in self.key}
        if row.applied:
            return Former(key=key, item=row.met)
        return Former(key=key, item=None) if row.outcome is Outcome.LOADED else None

    def _insert(self, items: Sequence[Item]) -> list[_Row]:
        known = insert(self.desk, items)
        inserted = len(items) - len(known)
        return [_Row(Outcome.LOADED, applied=True)] * inserted + [self._put(i) for i in known]

    def _put(self, item: Item) -> _Row:
        for condition in itertools.cycle((_NEWER, _SAME)):
            applied, met = self._put_if(item, condition)
            outcome = judge(item, met, run_id=self.run_id)
            if applied:
                return _Row(outcome or Outcome.LOADED, met, applied=True)
            if outcome is not None and met is not None:
                return _Row(outcome, met, applied=False)
        raise AssertionError("a cycle does not end")

    def _put_if(self, item: Item, condition: str) -> tuple[bool, Item | None]:
        """Put an item under a condition; returns whether it was put, and the item it met."""
        names = {"#meta": META, "#version": "version"}
        if condition is _NEWER:
            names["#key"] = self.key[0]
        reply = self.desk.call(
            "PutItem",
            {
                "TableName": self.desk.table,
                "Item": item,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {":version": {"S": source_version(item)}},
                "ReturnValues": "ALL_OLD",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            },
        )
        if reply.code == CONDITION_FAILED:
            return False, reply.document.get("Item")
        return True, reply.document.get("Attributes")


@dataclass(frozen=True, slots=True)
class Batch:
    """BatchWriteItem: the cheapest way in, without any order."""

    desk: Desk

    def write(self, items: Sequence[Item]) -> Written:
        """Put all items; what was there before, DynamoDB does not tell."""
        deque(threads().map(self._put, _batches(items, BATCH_ITEMS)), maxlen=0)
        return Written(LoadCounts(loaded=len(items), rows_done=len(items)))

    def _put(self, items: Sequence[Item]) -> None:
        table = self.desk.table
        wanted: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
        for attempt in range(ATTEMPTS):
            reply = self.desk.call("BatchWriteItem", {"RequestItems": {table: wanted}})
            wanted = reply.document.get("UnprocessedItems", {}).get(table, [])
            if not wanted:
                return
            self.desk.hold_back(attempt)
        raise TransientError(f"{table} left {len(wanted)} items unprocessed")


@dataclass(frozen=True, slots=True)
class _Row:
    """What became of one row."""

    outcome: Outcome
    met: Item | None = None
    """What the table held under its key."""
    applied: bool = False
    """Whether it stands there now because of this very write."""


def _batches(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
