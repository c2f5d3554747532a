"""Publish Rows: what a run has loaded, where it can be queried.

Input:
    `{run, report_uri, report_sha256, files, compression}`; `files` are the indices of those that
    were loaded, `compression` a parameter of the stack: `none` or `gzip`.
Output:
    `{"rows": n, "parts": n}`.
Errors:
    PublishUnfinishedError (time ran short: the retry goes on with the next part),
    ClaimReleasedError, FenceLostError (as for Load Batch), DigestMismatchError, TransientError.

Safe to repeat at any point, and by another run of the same file version: the same objects are
written again, and those of a file version that are none of them are removed.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pipeline import layout
from pipeline.errors import DigestMismatchError, PublishUnfinishedError
from pipeline.gate.clearance import Order
from pipeline.rows.publication import (
    Compression,
    Publication,
    PublishedPart,
    Source,
    with_origin,
)
from stores import aws, traces
from stores.control import ControlTable
from stores.fence import Fence
from stores.orders import read_order
from stores.published import Published

log = logging.getLogger(__name__)
aws.at_init(aws.dynamodb, aws.s3)

THREADS = 8
"""Parts that are under way at once."""

MEMORY_BYTES = 256 * 1024 * 1024
"""Of the parts that are under way at once, which takes about three times as much memory."""

RESERVE_MILLISECONDS = 60_000
"""Left over when no more parts are begun, for those that are under way."""


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: aws.Context) -> dict[str, int]:
    """Publish the loaded files of a run, one after the other."""
    run = event["run"]
    order = read_order(event["report_uri"], event["report_sha256"])
    order.check_run(run)
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    fence = Fence(control, run["run_id"], run["execution_arn"])
    press = Press(
        order=order,
        bucket=layout.split_uri(event["report_uri"])[0],
        published=Published(aws.s3(), os.environ["WORK_BUCKET"]),
        compression=event["compression"],
        context=context,
    )
    parts: list[PublishedPart] = []
    for file in order.files:
        if file["index"] in event["files"]:
            fence.may_load(file, order.report_sha256)
            parts += press.publish(file)
    log.info("published", extra={"run_id": run["run_id"], "parts": len(parts)})
    return {"rows": sum(part.rows for part in parts), "parts": len(parts)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """Turns the parts of one report into published ones."""

    order: Order
    bucket: str
    published: Published
    compression: Compression
    context: aws.Context

    def publish(self, file: Mapping[str, Any]) -> Sequence[PublishedPart]:
        """Publish the rows of a file, and nothing else of it.

        Raises:
            PublishUnfinishedError: less than the reserve remains; parts that lie there stay.
            DigestMismatchError: a part has other bytes than the report says.
        """
        source = Source(
            dataset=self.order.contract.dataset,
            key=file["key"],
            version_id=file["version_id"],
            source_version=self.order.source_version({"file_index": file["index"]}),
        )
        listed = [p for p in self.order.report["parts"] if p["file_index"] == file["index"]]
        publication = Publication(
            source=source,
            run_id=self.order.report["run_id"],
            report_sha256=self.order.report_sha256,
            parts=list(self._parts(source, listed)),
        )
        self.published.close(publication)
        return publication.parts

    def _parts(
        self, source: Source, listed: Sequence[Mapping[str, Any]]
    ) -> Iterator[PublishedPart]:
        largest = max((part["bytes"] for part in listed), default=1)
        threads = max(1, min(THREADS, MEMORY_BYTES // largest))
        with ThreadPoolExecutor(max_workers=threads) as pool:
            for start in range(0, len(listed), threads):
                if self.context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
                    raise PublishUnfinishedError(f"{start} of {len(listed)} parts are done")
                some = enumerate(listed[start : start + threads], start)
                yield from pool.map(lambda one: self._part(source, *one), some)

    def _part(self, source: Source, number: int, part: Mapping[str, Any]) -> PublishedPart:
        run_id = self.order.report["run_id"]
        key = source.part_key(number, self.compression)
        made = {"made_of": f"{run_id} {part['sha256']}", "rows": part["rows"]}
        if standing := self.published.standing(key, **made):
            return standing
        body = self.published.s3.get_object(Bucket=self.bucket, Key=part["key"])["Body"].read()
        if (found := hashlib.sha256(body).hexdigest()) != part["sha256"]:
            raise DigestMismatchError(f"{part['key']} has the sha256 {found}, not {part['sha256']}")
        rows = with_origin(body, source.source_version, run_id)
        return self.published.put(key, rows, compression=self.compression, **made)
