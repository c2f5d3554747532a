"""Settle Files: each file of a run ends in exactly one place.

Input:
    `{run, status, reason, files: [{file, disposition, reason}]}`.
Output:
    `{"files": [{key, version_id, disposition, destination_uri}]}`.
Errors:
    DigestMismatchError (a copy differs; the original stays), TransientError.

See `pipeline.runs.settlement` for what goes where. An error ends the state when all other files are
at rest.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from pipeline.runs.records import SettledFile
from pipeline.runs.settlement import Reason
from stores import aws, traces
from stores.claims import Claims
from stores.control import ControlTable
from stores.shelves import RunEnd, Shelves

log = logging.getLogger(__name__)
aws.at_init(aws.dynamodb, aws.s3)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Archive, quarantine or keep each file."""
    run = event["run"]
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    shelves = Shelves(aws.s3(), Claims(control), os.environ["WORK_BUCKET"])
    end = RunEnd(
        run_id=run["run_id"],
        dataset=run["dataset"],
        execution_arn=run["execution_arn"],
        status=event["status"],
        reason=Reason.parse(event["reason"]),
    )
    settled, problems = [], []
    for entry in event["files"]:
        try:
            settled.append(_settle(entry, end, control, shelves))
        except Exception as error:
            log.exception("not settled", extra={"key": entry["file"]["key"]})
            problems.append(error)
    if problems:  # one that a retry mends, if there is one
        raise min(problems, key=lambda error: not aws.is_transient(error))
    return {"files": [file.as_document() for file in settled]}


def _settle(
    entry: Mapping[str, Any], end: RunEnd, control: ControlTable, shelves: Shelves
) -> SettledFile:
    file = entry["file"]
    claim = Claims(control).get(file["bucket"], file["key"], file["version_id"])
    if claim is None:  # it could not even be claimed: the schedule finds it where it is
        return SettledFile(key=file["key"], version_id=file["version_id"], disposition="kept")
    reason = Reason.parse(entry["reason"])
    return shelves.settle(end, claim, disposition=entry["disposition"], reason=reason)
