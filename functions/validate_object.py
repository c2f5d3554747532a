"""Validate Object: a dropped file exists at its version, within limits, compressed as named.

Input:
    `{run, file}`; of `file` only bucket, key, version_id, index and requester are believed.
Output:
    `{"file": …}` with etag, size_bytes, source_version and compression re-read from S3.
Errors:
    FileRefusedError, EventError (a bucket that is not ours, another dataset than the key's folder
    names), TransientError.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pipeline import layout
from pipeline.contracts.contract_shelf import contract_of, datasets
from pipeline.errors import EventError, FileRefusedError
from pipeline.runs.identity import dataset_of
from pipeline.runs.landing import where_to
from pipeline.text.object_check import MAGIC_BYTES, judge_object
from stores import aws, traces
from stores.control import ControlTable
from stores.objects import PinnedObject, facts
from stores.version_order import order_version

aws.at_init(aws.dynamodb, aws.s3)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Return the file with the facts that S3 gives."""
    file = event["file"]
    bucket, key, version_id = file["bucket"], file["key"], file["version_id"]
    _refuse_astray(bucket, key, event["run"]["dataset"])
    found = facts(aws.s3(), bucket, key, version_id)
    pinned = {
        "index": file["index"],
        "bucket": bucket,
        "key": key,
        "version_id": version_id,
        "etag": found.etag,
        "size_bytes": found.size_bytes,
    }
    start = PinnedObject.of(aws.s3(), pinned).read(0, MAGIC_BYTES)
    compression = judge_object(key, found.size_bytes, start, found.content_encoding)
    version = order_version(
        aws.s3(),
        ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"]),
        bucket=bucket,
        key=key,
        version_id=version_id,
        last_modified=found.last_modified,
    )
    return {
        "file": {
            **pinned,
            "source_version": version,
            "compression": compression,
            "requester": file.get("requester", ""),
        }
    }


def _refuse_astray(bucket: str, key: str, dataset: str) -> None:
    """Refuse what lies elsewhere than in the folder of its dataset, and datasets without contract.

    Raises:
        EventError: it lies elsewhere.
        FileRefusedError: `unknown_dataset`.
    """
    if bucket != os.environ["LANDING_BUCKET"] or not key.startswith(layout.INCOMING):
        raise EventError(f"{layout.s3_uri(bucket, key)} is not in the landing zone")
    if dataset_of(key, datasets()) != dataset:
        raise EventError(f"{key} does not lie in the folder of {dataset}: the key decides")
    if contract_of(dataset) is None:
        message = f"no contract describes this folder: {where_to(key, datasets())}"
        raise FileRefusedError("unknown_dataset", message)
