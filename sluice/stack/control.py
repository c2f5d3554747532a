"""What the control table says about runs, files and approvals, and never a token.

Every read here names the attributes that it wants, so that `task_token` and `secret_sha256` stay in
the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pipeline import timestamps
from pipeline.rows import attributes
from pipeline.runs.identity import claim_key, run_key
from sluice.stack.cloud import Cloud
from stores.control import ControlTable, item_key

Record = Mapping[str, Any]

_RUN_ATTRIBUTES = (
    "run_id",
    "dataset",
    "trigger",
    "execution_arn",
    "status",
    "started_at",
    "ended_at",
    "counts",
    "files",
    "report_uri",
    "reason",
    "error",
    "cause",
    "notice",
    "approval",
    "approval_id",
    "taken_over_from",
    "redrives",
    "follow_ups",
    "undo",
)
# What the index projects of an approval.
_APPROVAL_ATTRIBUTES = (
    "approval_id",
    "run_id",
    "dataset",
    "open_since",
    "expires_at",
    "report_uri",
    "counts",
)
# DynamoDB's limit on the keys of one BatchGetItem.
_KEYS_PER_BATCH = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingApproval:
    """A run that waits for a person."""

    approval_id: str
    run_id: str
    dataset: str
    asked_at: datetime
    expires_at: datetime
    report_uri: str
    counts: Mapping[str, int]

    @classmethod
    def from_record(cls, record: Record) -> Self:
        """From an APPROVAL record of the control table."""
        return cls(
            approval_id=record["approval_id"],
            run_id=record["run_id"],
            dataset=record["dataset"],
            asked_at=timestamps.from_text(record["open_since"]),
            expires_at=timestamps.from_text(record["expires_at"]),
            report_uri=record.get("report_uri", ""),
            counts=record.get("counts", {}),
        )


def control_table(cloud: Cloud) -> ControlTable:
    """The table as the pipeline reads and writes it."""
    return ControlTable(cloud.dynamodb, cloud.stack.control_table)


def run_records(cloud: Cloud, run_ids: Sequence[str]) -> dict[str, Record]:
    """The RUN records of those runs that have one, by run id."""
    keys = [item_key(run_key(run_id), "RUN") for run_id in run_ids]
    records = _batch(cloud, keys, _RUN_ATTRIBUTES)
    return {record["run_id"]: record for record in records if "run_id" in record}


def run_of_version(cloud: Cloud, bucket: str, key: str, version_id: str) -> str | None:
    """The run that has claimed this version of an object; None as long as none has."""
    return claimants(cloud, bucket, [(key, version_id)]).get(version_id)


def claimants(cloud: Cloud, bucket: str, files: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The run that has claimed each of these versions (key, version id), by version id."""
    found: dict[str, str] = {}
    keys = [
        item_key(claim_key(bucket, key, version_id), "CLAIM")
        for key, version_id in dict.fromkeys(files)
    ]
    for item in _batch(cloud, keys, ("pk", "run_id")):
        found[item["pk"].split("#", 3)[2]] = item["run_id"]
    return found


def load_counts(cloud: Cloud, run_id: str) -> dict[str, int]:
    """The sums over the LOAD records of a run: what has been written so far, in `parts` parts."""
    sums: dict[str, int] = {}
    for counts in part_counts(cloud, run_id).values():
        for name, value in {"parts": 1, **counts}.items():
            sums[name] = sums.get(name, 0) + value
    return sums


def part_counts(cloud: Cloud, run_id: str) -> dict[int, dict[str, int]]:
    """How far each part of a run has been loaded, by its index."""
    pages = cloud.dynamodb.get_paginator("query").paginate(
        TableName=cloud.stack.control_table,
        KeyConditionExpression="pk = :run AND begins_with(sk, :load)",
        ExpressionAttributeValues={":run": {"S": run_key(run_id)}, ":load": {"S": "LOAD#"}},
        ProjectionExpression="sk, loaded, replayed, superseded, duplicates, fresh, rows_done",
        ConsistentRead=True,
    )
    records = (attributes.values(item) for page in pages for item in page["Items"])
    return {int(record.pop("sk").removeprefix("LOAD#")): record for record in records}


def pending_approvals(cloud: Cloud) -> tuple[PendingApproval, ...]:
    """The approvals that nobody has decided yet, oldest first."""
    pages = cloud.dynamodb.get_paginator("query").paginate(
        TableName=cloud.stack.control_table,
        IndexName="OpenIndex",
        KeyConditionExpression="#open = :approval",
        FilterExpression="#status = :pending",
        ExpressionAttributeValues={":approval": {"S": "APPROVAL"}, ":pending": {"S": "PENDING"}},
        **_projection(_APPROVAL_ATTRIBUTES, "open", "status"),
    )
    records = [attributes.values(item) for page in pages for item in page["Items"]]
    return tuple(PendingApproval.from_record(record) for record in records)


def last_loaded(cloud: Cloud, dataset: str) -> Record | None:
    """`{run_id, ended_at, counts}` of the run of a dataset that was loaded last."""
    answer = cloud.dynamodb.get_item(
        TableName=cloud.stack.control_table,
        Key=item_key(f"DATASET#{dataset}", "LAST"),
        **_projection(("run_id", "ended_at", "counts")),
    )
    return attributes.values(answer["Item"]) if "Item" in answer else None


def _batch(cloud: Cloud, keys: Sequence[Any], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Those items that exist, consistently read, each with the named attributes alone."""
    table = cloud.stack.control_table
    for start in range(0, len(keys), _KEYS_PER_BATCH):
        some = keys[start : start + _KEYS_PER_BATCH]
        pending: Mapping[str, Any] = {
            table: {"Keys": some, "ConsistentRead": True, **_projection(names)}
        }
        while pending:
            answer = cloud.dynamodb.batch_get_item(RequestItems=pending)
            yield from map(attributes.values, answer["Responses"].get(table, []))
            pending = answer.get("UnprocessedKeys", {})


def _projection(names: Sequence[str], *more: str) -> dict[str, Any]:
    """Every name by a placeholder: `status`, `error` and others are reserved words."""
    return {
        "ProjectionExpression": ", ".join(f"#{name}" for name in names),
        "ExpressionAttributeNames": {f"#{name}": name for name in (*names, *more)},
    }
