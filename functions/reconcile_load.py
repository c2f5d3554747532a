"""Reconcile Load: every row that came in is accounted for, or the run fails and says which not.

Input:
    `{run, report_uri, report_sha256, files}`; `files` are the indices of those that were loaded.
Output:
    `{"counts": {rows_in, valid, rejected, loaded, replayed, superseded, duplicates}}`.
Errors:
    ReconciliationError (names parts and rows), DigestMismatchError, TransientError.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from pipeline import layout
from pipeline.errors import DigestMismatchError
from pipeline.runs import reconciliation
from stores import aws, traces
from stores.control import ControlTable
from stores.loads import Loads
from stores.objects import read_bytes

aws.at_init(aws.dynamodb, aws.s3)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Hold the counts of the load against the report."""
    bucket, key = layout.split_uri(event["report_uri"])
    content = read_bytes(aws.s3(), bucket, key)
    if hashlib.sha256(content).hexdigest() != event["report_sha256"]:
        raise DigestMismatchError(f"{key} is not the report that was judged")
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    loads = Loads(control).of_run(event["run"]["run_id"])
    return {"counts": reconciliation.reconcile(json.loads(content), loads, event["files"])}
