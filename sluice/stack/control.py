"""What the control table says about runs, files and approvals; read only, and never a token.

Every read names the attributes that it wants, so that `task_token` and `secret_sha256` stay in
the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from boto3.dynamodb.types import TypeDeserializer

from sluice.stack.cloud import Cloud
from sluice.terminal.clocktext import parse_instant

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

_read = TypeDeserializer().deserialize


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
            asked_at=parse_instant(record["open_since"]),
            expires_at=parse_instant(record["expires_at"]),
            report_uri=record.get("report_uri", ""),
            counts=integers(record.get("counts", {})),
        )


def run_records(cloud: Cloud, run_ids: Sequence[str]) -> dict[str, Record]:
    """The RUN records of those runs that have one, by run id."""
    records = _batch(
        cloud, cloud.stack.control_table, [_run_key(run_id) for run_id in run_ids], _RUN_ATTRIBUTES
    )
    return {record["run_id"]: record for record in records if "run_id" in record}


def run_of_version(cloud: Cloud, bucket: str, key: str, version_id: str) -> str | None:
    """The run that has claimed this version of an object; None as long as none has."""
    answer = cloud.dynamodb.get_item(
        TableName=cloud.stack.control_table,
        Key={"pk": {"S": f"FILE#{bucket}#{version_id}#{key}"}, "sk": {"S": "CLAIM"}},
        ConsistentRead=True,
        ProjectionExpression="run_id",
    )
    return _plain(answer["Item"])["run_id"] if "Item" in answer else None


def claimants(cloud: Cloud, bucket: str, files: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The run that has claimed each of these versions (key, version id), by version id."""
    found: dict[str, str] = {}
    table = cloud.stack.control_table
    keys = [
        {"pk": {"S": f"FILE#{bucket}#{version_id}#{key}"}, "sk": {"S": "CLAIM"}}
        for key, version_id in dict.fromkeys(files)
    ]
    for item in _batch(cloud, table, keys, ("pk", "run_id")):
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
        ExpressionAttributeValues={":run": {"S": f"RUN#{run_id}"}, ":load": {"S": "LOAD#"}},
        ProjectionExpression="sk, loaded, replayed, superseded, duplicates, fresh, rows_done",
        ConsistentRead=True,
    )
    records = (_plain(item) for page in pages for item in page["Items"])
    return {int(record.pop("sk").removeprefix("LOAD#")): integers(record) for record in records}


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
    records = [_plain(item) for page in pages for item in page["Items"]]
    return tuple(PendingApproval.from_record(record) for record in records)


def last_loaded(cloud: Cloud, dataset: str) -> Record | None:
    """`{run_id, ended_at, counts}` of the run of a dataset that was loaded last."""
    answer = cloud.dynamodb.get_item(
        TableName=cloud.stack.control_table,
        Key={"pk": {"S": f"DATASET#{dataset}"}, "sk": {"S": "LAST"}},
        **_projection(("run_id", "ended_at", "counts")),
    )
    return _plain(answer["Item"]) if "Item" in answer else None


def integers(numbers: Mapping[str, Any]) -> dict[str, int]:
    """Counts as DynamoDB gives them (decimals) as whole numbers."""
    return {name: int(value) for name, value in numbers.items()}


def _batch(
    cloud: Cloud, table: str, keys: Sequence[Any], attributes: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Those items that exist, consistently read, each with the named attributes alone."""
    for start in range(0, len(keys), _KEYS_PER_BATCH):
        some = keys[start : start + _KEYS_PER_BATCH]
        pending: Mapping[str, Any] = {
            table: {"Keys": some, "ConsistentRead": True, **_projection(attributes)}
        }
        while pending:
            answer = cloud.dynamodb.batch_get_item(RequestItems=pending)
            yield from map(_plain, answer["Responses"].get(table, []))
            pending = answer.get("UnprocessedKeys", {})


def _run_key(run_id: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"RUN#{run_id}"}, "sk": {"S": "RUN"}}


def _projection(attributes: Sequence[str], *more: str) -> dict[str, Any]:
    """Every name by a placeholder: `status`, `error` and others are reserved words."""
    return {
        "ProjectionExpression": ", ".join(f"#{name}" for name in attributes),
        "ExpressionAttributeNames": {f"#{name}": name for name in (*attributes, *more)},
    }


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _read(value) for name, value in item.items()}
