"""The control table: runs, loads and claims (see docs/reference/formats.md).

Every write is a conditional SET of absolute values, so each may be repeated at any point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from pipeline import timestamps
from pipeline.rows import attributes
from pipeline.runs.identity import claim_key
from pipeline.runs.records import Claim, LoadCounts, RunRecord
from pipeline.runs.settlement import Ending
from stores.aws import code_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPEN_INDEX = "OpenIndex"
_END = (
    *("ended_at", "counts", "files", "report_uri", "error", "cause", "reason", "approval"),
    "redrives",
    "stop",
)
"""What a run's record has only once the run has ended."""
BATCH_KEYS = 100
"""Keys that one BatchGetItem takes."""


@dataclass(frozen=True, slots=True)
class ControlTable:
    """The control table under its name in this stack."""

    client: DynamoDBClient
    name: str

    # ---- runs

    def run(self, run_id: str) -> RunRecord | None:
        """Return a run's record."""
        item = self.get(f"RUN#{run_id}", "RUN")
        return RunRecord.from_item(item) if item and "status" in item else None

    def end_run(self, run: RunRecord, *, only_if_running: bool) -> bool:
        """Write how a run ended and that somebody has to be told of it.

        With `only_if_running`, a record that has ended already stays as it is.
        Returns whether the record was written.
        """
        changes: dict[str, object] = {
            "run_id": run.run_id,
            "dataset": run.dataset,
            "trigger": run.trigger,
            "execution_arn": run.execution_arn,
            "status": run.status,
            "ended_at": run.ended_at,
            "counts": run.counts,
            "files": [file.as_document() for file in run.files],
            "report_uri": run.report_uri,
            "error": run.error,
            "cause": run.cause,
            "reason": run.reason.as_document() if run.reason else None,
            "approval": run.approval,
            "redrives": run.redrives,
            "notice": "PENDING",
            "open": "RUN",
            "open_since": run.ended_at,
        }
        if run.started_at:
            changes["started_at"] = run.started_at
        condition, values = "", {}
        if only_if_running:
            condition = "attribute_not_exists(#status) OR #status = :running"
            values = {":running": "RUNNING"}
        return self.update(f"RUN#{run.run_id}", "RUN", changes, condition=condition, values=values)

    def reopen_run(self, run_id: str, *, redrives: int, at: str) -> bool:
        """Take back the end that was written for a run's execution, which has been redriven since.

        The end that a run wrote itself stays, as does that of a death after this redrive.
        """
        return self.update(
            f"RUN#{run_id}",
            "RUN",
            {"status": "RUNNING", "notice": "PENDING", "open": "RUN", "open_since": at},
            remove=_END,
            condition="#status = :failed AND redrives < :now_redrives",
            values={":failed": "FAILED", ":now_redrives": redrives},
        )

    def close_run(self, run: RunRecord) -> bool:
        """Note that somebody was told of this end: nothing is left to be done about it."""
        return self.update(
            f"RUN#{run.run_id}",
            "RUN",
            {"notice": "SENT"},
            remove=("open", "open_since"),
            condition="ended_at = :ended",
            values={":ended": run.ended_at},
        )

    def link_approval(self, run_id: str, approval_id: str) -> None:
        """Let the run's record name its approval."""
        self.update(f"RUN#{run_id}", "RUN", {"approval_id": approval_id})

    def last_loaded(self, dataset: str) -> Mapping[str, Any] | None:
        """Return `{run_id, ended_at, counts}` of the run that was loaded last."""
        item = self.get(f"DATASET#{dataset}", "LAST")
        return {name: item[name] for name in ("run_id", "ended_at", "counts")} if item else None

    def loaded_before(self, dataset: str, runs: int) -> list[dict[str, Any]]:
        """Return what the runs loaded last had, the latest first: see `note_loaded`."""
        found = self.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :loaded)",
            ExpressionAttributeValues={
                ":pk": {"S": f"DATASET#{dataset}"},
                ":loaded": {"S": "LOADED#"},
            },
            ScanIndexForward=False,
            Limit=runs,
        )
        names = ("run_id", "files", "rows_in", "valid", "rejected", "values")
        return [{name: item[name] for name in names} for item in islice(found, runs)]

    def note_loaded(self, run: RunRecord, values: Mapping[str, int]) -> None:
        """Note what a run had, and that it is its dataset's last loaded one unless a later one is.

        `values` are the rows that have a value of each field, where they were counted.
        """
        numbers = {name: run.counts.get(name, 0) for name in ("rows_in", "valid", "rejected")}
        files = sum(file.disposition == "archived" for file in run.files)
        self.update(
            f"DATASET#{run.dataset}",
            f"LOADED#{run.ended_at}#{run.run_id}",
            {"run_id": run.run_id, "files": files, **numbers, "values": values},
        )
        self.update(
            f"DATASET#{run.dataset}",
            "LAST",
            {"run_id": run.run_id, "ended_at": run.ended_at, "counts": run.counts},
            condition="attribute_not_exists(pk) OR ended_at <= :ended",
            values={":ended": run.ended_at},
        )

    # ---- loads

    @staticmethod
    def load_key(part: int) -> str:
        """Return the sort key of a part's counts."""
        return f"LOAD#{part:06d}"

    def load_counts(self, run_id: str, part: int) -> LoadCounts | None:
        """Return how far a part has been loaded."""
        item = self.get(f"RUN#{run_id}", self.load_key(part))
        return LoadCounts.from_item(item) if item else None

    def all_load_counts(self, run_id: str) -> dict[int, LoadCounts]:
        """Return the counts of every part that has any, by part index."""
        return {
            int(item["sk"].removeprefix("LOAD#")): LoadCounts.from_item(item)
            for item in self.query(
                KeyConditionExpression="pk = :pk AND begins_with(sk, :load)",
                ExpressionAttributeValues={
                    ":pk": {"S": f"RUN#{run_id}"},
                    ":load": {"S": "LOAD#"},
                },
                ConsistentRead=True,
            )
        }

    def save_load_counts(self, run_id: str, part: int, counts: LoadCounts) -> bool:
        """Write how far a part has been loaded; False if it is noted as further already."""
        return self.update(
            f"RUN#{run_id}",
            self.load_key(part),
            {name: getattr(counts, name) for name in counts.__slots__},
            condition="attribute_not_exists(pk) OR rows_done <= :done",
            values={":done": counts.rows_done},
        )

    # ---- claims

    def claim(self, bucket: str, key: str, version_id: str) -> Claim | None:
        """Return who has claimed a file version."""
        item = self.get(claim_key(bucket, key, version_id), "CLAIM")
        return Claim.from_item(item) if item else None

    def claims(self, keys: Sequence[str]) -> dict[str, Claim]:
        """Return the claims with these partition keys, by key; most are absent."""
        found = self.get_all([(key, "CLAIM") for key in keys])
        return {pk: Claim.from_item(item) for (pk, _), item in found.items()}

    def settle_claim(self, claim: Claim, *, disposition: str, destination_uri: str) -> bool:
        """Close a claim: its file rests where `destination_uri` says. False if it is not ours."""
        return self.update(
            claim_key(claim.bucket, claim.key, claim.version_id),
            "CLAIM",
            {"state": "SETTLED", "disposition": disposition, "destination_uri": destination_uri},
            remove=("open", "open_since"),
            condition="#owner = :me",
            names={"#owner": "owner"},
            values={":me": claim.owner},
        )

    def fail_claim(self, claim: Claim, end: Ending) -> bool:
        """Release a claim after a failed run, so that another may take it. False if not ours."""
        return self.update(
            claim_key(claim.bucket, claim.key, claim.version_id),
            "CLAIM",
            {
                "state": "FAILED",
                "disposition": "kept",
                "failed_runs": list(end.failed_runs),
                "failures": len(end.failed_runs),
                "interrupted_runs": list(end.interrupted_runs),
            },
            condition="#owner = :me AND #state <> :settled",
            names={"#owner": "owner", "#state": "state"},
            values={":me": claim.owner, ":settled": "SETTLED"},
        )

    def release_claim(self, claim: Claim, *, state: str) -> bool:
        """Release the claim of a run that a person stopped, which is no failure of the file.

        As `LEFT` nothing takes the file before somebody says so, as `FAILED` the schedule does.
        False if the claim is not ours.
        """
        return self.update(
            claim_key(claim.bucket, claim.key, claim.version_id),
            "CLAIM",
            {"state": state, "disposition": "kept", "retaken": f"{claim.run_id}/stopped"},
            remove=("open", "open_since") if state == "LEFT" else (),
            condition="#owner = :me AND #state = :claimed",
            names={"#owner": "owner"},
            values={":me": claim.owner, ":claimed": "CLAIMED"},
        )

    def retake_claim(
        self, file: Mapping[str, Any], run: RunRecord, *, redrives: int, at: str
    ) -> bool:
        """Give a file back to the run that failed with it, once for each redrive of the run.

        False if another run has the file, or if the redriven run has released it itself.
        """
        return self.update(
            claim_key(file["bucket"], file["key"], file["version_id"]),
            "CLAIM",
            {
                "state": "CLAIMED",
                "claimed_at": at,
                "retaken": f"{run.run_id}/{redrives}",
                "open": "FILE",
                "open_since": at,
            },
            remove=("disposition",),
            condition="#owner = :me AND #state IN (:failed, :left)"
            " AND (attribute_not_exists(#retaken) OR #retaken <> :retaken)",
            names={"#owner": "owner"},
            values={":me": run.execution_arn, ":failed": "FAILED", ":left": "LEFT"},
        )

    # ---- the order of versions

    def merge_version_order(
        self,
        bucket: str,
        key: str,
        second: datetime,
        merge: Callable[[Sequence[str]], Sequence[str]],
    ) -> Sequence[str]:
        """Keep the order of a key's versions within a second; returns it as it is kept.

        `merge` makes the new order of the one that is known, and is asked again after a race.
        """
        pk, sk = f"ORDER#{bucket}#{key}", timestamps.to_text(second)
        while True:
            item = self.get(pk, sk)
            known: list[str] = list(item["versions"]) if item else []
            order = list(merge(known))
            condition = "#versions = :known" if item else "attribute_not_exists(pk)"
            values: dict[str, object] = {":known": known} if item else {}
            if order == known or self.update(
                pk, sk, {"versions": order}, condition=condition, values=values
            ):
                return order

    # ---- what is not at rest

    def open(self, kind: str, *, before: str) -> Iterator[dict[str, Any]]:
        """Yield what the index knows of the open records of one kind that are old enough."""
        return self.query(
            IndexName=OPEN_INDEX,
            KeyConditionExpression="#open = :kind AND open_since < :before",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":kind": {"S": kind}, ":before": {"S": before}},
        )

    # ---- the calls below everything

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        """Return an item's plain values, consistently read."""
        answer = self.client.get_item(TableName=self.name, Key=_key(pk, sk), ConsistentRead=True)
        return attributes.values(answer["Item"]) if "Item" in answer else None

    def get_all(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
        """Return those of these items that exist, consistently read, by key."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for start in range(0, len(keys), BATCH_KEYS):
            wanted = [_key(*key) for key in keys[start : start + BATCH_KEYS]]
            while wanted:
                page = self.client.batch_get_item(
                    RequestItems={self.name: {"Keys": wanted, "ConsistentRead": True}}
                )
                for typed in page["Responses"].get(self.name, []):
                    item = attributes.values(typed)
                    found[item["pk"], item["sk"]] = item
                left = page["UnprocessedKeys"].get(self.name)
                wanted = cast("list[Any]", left["Keys"]) if left else []
        return found

    def query(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield the plain values of all items that a query finds."""
        for page in self.client.get_paginator("query").paginate(TableName=self.name, **request):
            yield from map(attributes.values, page["Items"])

    def scan(self, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield these attributes of all items, in no order, as they may have been a moment ago."""
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.name,
            ProjectionExpression=", ".join(f"#{name}" for name in names),
            ExpressionAttributeNames={f"#{name}": name for name in names},
        )
        for page in pages:
            yield from map(attributes.values, page["Items"])

    def delete(self, pk: str, sk: str) -> None:
        """Delete an item; it may be gone already."""
        self.client.delete_item(TableName=self.name, Key=_key(pk, sk))

    def update(
        self,
        pk: str,
        sk: str,
        changes: Mapping[str, object],
        *,
        remove: Sequence[str] = (),
        condition: str = "",
        names: Mapping[str, str] | None = None,
        values: Mapping[str, object] | None = None,
    ) -> bool:
        """SET `changes` and REMOVE `remove`; False if the condition does not hold."""
        extra = dict(values or {})
        if clash := {f":{name}" for name in changes} & extra.keys():
            raise ValueError(f"{sorted(clash)} would stand for two values")
        used = dict(names or {})
        used |= {f"#{name}": name for name in (*changes, *remove)}
        sets = ", ".join(f"#{name} = :{name}" for name in changes)
        removes = ", ".join(f"#{name}" for name in remove)
        request: dict[str, Any] = {
            "TableName": self.name,
            "Key": _key(pk, sk),
            "UpdateExpression": f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
            "ExpressionAttributeNames": used,
            "ExpressionAttributeValues": attributes.attributes(
                {f":{name}": value for name, value in changes.items()} | extra
            ),
        }
        if condition:
            request["ConditionExpression"] = condition
        try:
            self.client.update_item(**request)
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _key(pk: str, sk: str) -> dict[str, attributes.Attribute]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
