"""Load Batch: one part of a report into the dataset's table.

Input:
    `{run, report_uri, report_sha256, part, files}`; `part` as the report lists it, `files` the
    indices of the files whose rows this run may load.
Output:
    `{"index": n}`; what became of the rows stands in the part's LOAD record, and nowhere if the
    part is of another file.
Errors:
    LoadUnfinishedError (time ran short: the retry goes on from the checkpoint), TransientError,
    ClaimReleasedError (the run was stopped, and its redrive has not been heard of yet: try again),
    FenceLostError (another run has the file by now), DigestMismatchError (the bytes are not those
    that were reported or approved), EventError (a part is too large), DynamoDBError (a request
    that DynamoDB will never take).

Safe to repeat at any point: the same rows meet the same keys, and counts are set, never added.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline import layout
from pipeline.contracts.contract import Contract
from pipeline.errors import DigestMismatchError, EventError, LoadUnfinishedError
from pipeline.rows.former import Former
from pipeline.rows.items import Item, ItemShape
from pipeline.runs.records import LoadCounts
from stores import aws, traces
from stores.control import ControlTable
from stores.desk import Desk
from stores.fence import Fence
from stores.former import FormerItems
from stores.items import Batch, NewerWins, Writer
from stores.loads import Loads
from stores.orders import approval_of, read_order
from stores.wire import Wire

log = logging.getLogger(__name__)

CHECKPOINT_ROWS = 500
"""Rows between two checkpoints: some tenths of a second of work."""

MAX_PART_BYTES = 256 * 1024 * 1024
"""Of one part: as items it takes about five times as much memory."""

RESERVE_MILLISECONDS = 20_000
"""Left over when the loader stops, for the slowest chunk and for the checkpoint itself."""


@functools.cache
def _wire() -> Wire:
    return Wire()


aws.at_init(aws.dynamodb, aws.s3, _wire)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: aws.Context) -> dict[str, int]:
    """Load one part, or as much of it as time allows."""
    run, run_id = event["run"], event["run"]["run_id"]
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    order = read_order(event["report_uri"], event["report_sha256"])
    order.check_run(run)
    part = order.part(event["part"])
    if part["file_index"] not in event["files"]:
        return {"index": part["index"]}
    fence = Fence(control, run_id, run["execution_arn"])
    may_load = functools.partial(fence.may_load, order.file(part), order.report_sha256)
    order.check_approval(approval_of(order, control), may_load())
    done = Loads(control).get(run_id, part["index"]) or LoadCounts()
    shape, bucket = _shape(order.contract), layout.split_uri(event["report_uri"])[0]
    items = shape.items(
        _lines(bucket, part),
        version=order.source_version(part),
        run_id=run_id,
    )
    counts = load(
        items,
        shape,
        _writer(order.contract, shape, run_id, context),
        done=done,
        keep=FormerItems(aws.s3(), bucket, run_id, part["index"]).keep,
        checkpoint=functools.partial(Loads(control).save, run_id, part["index"]),
        remaining=context.get_remaining_time_in_millis,
        fence=may_load,
    )
    log.info("loaded", extra={"run_id": run_id, "part": part["index"], "rows": counts.rows_done})
    return {"index": part["index"]}


def load(
    items: Sequence[Item],
    shape: ItemShape,
    writer: Writer,
    *,
    done: LoadCounts,
    keep: Callable[[int, Sequence[Former]], object],
    checkpoint: Callable[[LoadCounts], object],
    remaining: Callable[[], int],
    fence: Callable[[], object],
) -> LoadCounts:
    """Write the items that are not done yet; returns the counts of all.

    Of items with the same key the last one is written and the others count as duplicates.
    `keep` gets the number of a row and what the table held before under the keys from there on.

    Raises:
        LoadUnfinishedError: less than the reserve remains; the checkpoint says how far it came.
        ClaimReleasedError, FenceLostError: `fence`, asked before each chunk, says so.
    """
    last = {shape.key_of(item): position for position, item in enumerate(items)}
    for start in range(done.rows_done, len(items), CHECKPOINT_ROWS):
        if remaining() < RESERVE_MILLISECONDS:
            raise LoadUnfinishedError(f"{done.rows_done} of {len(items)} rows are done")
        fence()
        chunk = items[start : start + CHECKPOINT_ROWS]
        wanted = [
            item
            for position, item in enumerate(chunk, start)
            if last[shape.key_of(item)] == position
        ]
        repeated = len(chunk) - len(wanted)
        written = writer.write(wanted)
        if written.former:
            keep(start, written.former)
        done = done + replace(written.counts, duplicates=repeated, rows_done=len(chunk))
        checkpoint(done)
    return done


def _shape(contract: Contract) -> ItemShape:
    types = {field.name: field.type for field in contract.fields} | contract.key_types
    return ItemShape.of(types, contract.primary_key)


def _writer(contract: Contract, shape: ItemShape, run_id: str, context: aws.Context) -> Writer:
    table = json.loads(os.environ["DATASET_TABLES"])[contract.table]
    hurry = RESERVE_MILLISECONDS // 2
    desk = Desk(_wire(), table, lambda: context.get_remaining_time_in_millis() < hurry)
    if contract.write_mode == "batch":
        return Batch(desk)
    return NewerWins(desk, shape.key, run_id)


def _lines(bucket: str, part: Mapping[str, Any]) -> list[bytes]:
    if part["bytes"] > MAX_PART_BYTES:
        raise EventError(
            f"{part['key']} has {part['bytes']} bytes, more than fit the function's memory: "
            "deploy with a smaller RowsPerPart"
        )
    content = aws.s3().get_object(Bucket=bucket, Key=part["key"])["Body"].read()
    found = hashlib.sha256(content).hexdigest()
    if found != part["sha256"]:
        raise DigestMismatchError(f"{part['key']} has the sha256 {found}, not {part['sha256']}")
    return content.splitlines()
