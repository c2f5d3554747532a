"""The pipeline's stack on moto, in process, and the documents that its states hand on."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

import load_batch
from pipeline import layout
from pipeline.contracts.contract import contract_version
from pipeline.rows import attributes
from pipeline.runs.identity import claim_key
from pipeline.runs.manifest import manifest_digest
from stores import aws
from stores.control import ControlTable

REGION: Literal["eu-central-1"] = "eu-central-1"
ACCOUNT = "123456789012"
MACHINE_ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:sluice-csv-pipeline"
LANDING, WORK, CONTROL = "landing-bucket", "work-bucket", "control-table"
TABLES = {"AddressesTable": "addresses-table", "CustomersTable": "customers-table"}
CONTRACTS = Path(__file__).parents[2] / "functions" / "contracts"

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "LANDING_BUCKET": LANDING,
    "WORK_BUCKET": WORK,
    "CONTROL_TABLE": CONTROL,
    "DATASET_TABLES": json.dumps(TABLES),
    "STATE_MACHINE_ARN": MACHINE_ARN,
    "APPROVALS_URL": "https://gate.example",
    "MAX_FILES_PER_RUN": "50",
    "METRICS_NAMESPACE": "Sluice/test",
}


def run_of(run_id: str, dataset: str = "addresses") -> dict[str, str]:
    """Return the `run` that every state gets."""
    arn = f"{MACHINE_ARN.replace(':stateMachine:', ':execution:')}:{run_id}"
    return {"run_id": run_id, "dataset": dataset, "trigger": "s3", "execution_arn": arn}


class Context:
    """Lambda's context, with as many milliseconds left as a test says."""

    def __init__(self, *left_milliseconds: int) -> None:
        self._left = list(left_milliseconds or [300_000])

    def get_remaining_time_in_millis(self) -> int:
        """Return the next figure; the last one stays."""
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


class Stack:
    """Buckets, tables and topic of one test."""

    def __init__(self) -> None:
        self.s3, self.dynamodb, self.sqs = aws.s3(), aws.dynamodb(), _sqs()
        self.control = ControlTable(self.dynamodb, CONTROL)
        for bucket in (LANDING, WORK):
            self.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
            self.s3.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            )
        self._tables()
        self._queues: dict[str, str] = {}
        self.outcome_topic_arn = self._topic("outcomes")
        self.approval_topic_arn = self._topic("approvals")
        self._machine()

    # ---- files

    def drop(self, key: str, content: bytes = b"id\n1\n") -> dict[str, Any]:
        """Put a file into the landing zone; returns it as an execution's input has it."""
        put = self.s3.put_object(Bucket=LANDING, Key=key, Body=content)
        return {
            "bucket": LANDING,
            "key": key,
            "version_id": put["VersionId"],
            "etag": put["ETag"].strip('"'),
            "size_bytes": len(content),
            "sequencer": "",
            "requester": "",
        }

    def claim(self, file: Mapping[str, Any], run: Mapping[str, str], **more: object) -> None:
        """Claim a file as the state Claim File does."""
        self.put(
            claim_key(file["bucket"], file["key"], file["version_id"]),
            "CLAIM",
            owner=run["execution_arn"],
            run_id=run["run_id"],
            dataset=run["dataset"],
            **{"state": "CLAIMED", "failures": 0, "open": "FILE"} | more,
        )

    def lies(self, bucket: str, prefix: str = "") -> list[str]:
        """Return the keys of all versions in a bucket."""
        listed = self.s3.list_object_versions(Bucket=bucket, Prefix=prefix)
        return sorted(version["Key"] for version in listed.get("Versions", []))

    def text(self, uri: str) -> str:
        """Return what lies at an S3 URI."""
        bucket, key = layout.split_uri(uri)
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    # ---- runs

    def open_run(self, run: Mapping[str, str], files: Sequence[Mapping[str, Any]] = ()) -> None:
        """Start an execution and open its record, as the state Open Run does."""
        self.stepfunctions.start_execution(
            stateMachineArn=MACHINE_ARN,
            name=run["run_id"],
            input=json.dumps({"run_id": run["run_id"], "dataset": run["dataset"], "files": files}),
        )
        self.put(
            f"RUN#{run['run_id']}",
            "RUN",
            **run,
            status="RUNNING",
            notice="PENDING",
            open="RUN",
            started_at="2026-07-01T00:00:00.000Z",
        )

    def stop_run(self, run: Mapping[str, str]) -> None:
        """Stop an execution, which then runs no further state."""
        self.stepfunctions.stop_execution(
            executionArn=run["execution_arn"], error="Stopped", cause="by hand"
        )

    def convert(
        self,
        run: Mapping[str, str],
        rows: Sequence[Sequence[Mapping[str, object]]],
        *,
        rejected: int = 0,
        source_version: str = "2026-07-01T00:00:00Z#0000#aaaaaaaa",
        contract: Mapping[str, Any] | None = None,
        claimed_bytes: int | None = None,
    ) -> dict[str, Any]:
        """Write manifest, parts and report of a conversion: one part for each list of rows.

        Returns what Judge Quality would: `report_uri`, `report_sha256`, counts and the rest.
        """
        contract = contract or self.contract(run["dataset"])
        prefix = f"{layout.run_prefix(run['run_id'])}0-0/"
        parts = [self._part(prefix, index, part) for index, part in enumerate(rows)]
        if claimed_bytes is not None:
            parts = [part | {"bytes": claimed_bytes} for part in parts]
        valid = sum(len(part) for part in rows)
        counts = {"rows_in": valid + rejected, "valid": valid, "rejected": rejected}
        key = f"incoming/{run['dataset']}/{run['run_id']}.csv"
        source = {"bucket": LANDING, "key": key, "version_id": run["run_id"]}
        file = {
            "index": 0,
            "key": key,
            "version_id": source["version_id"],
            "source_version": source_version,
            **counts,
        }
        manifest = {"contract": contract, "files": self._staged(run["run_id"], source)}
        report = {
            "schema_version": 1,
            "run_id": run["run_id"],
            "dataset": run["dataset"],
            "contract_version": contract_version(contract),
            "manifest_sha256": manifest_digest(manifest),
            "counts": counts,
            "files": [file],
            "rules": [{"column": "id", "rule": "required", "rows": rejected}] if rejected else [],
            "sample": [_rejected_row()] if rejected else [],
            "parts": parts,
        }
        body = json.dumps(report).encode()
        self.s3.put_object(Bucket=WORK, Key=layout.report_key(prefix), Body=body)
        self.s3.put_object(
            Bucket=WORK,
            Key=layout.manifest_key(run["run_id"]),
            Body=json.dumps(manifest).encode(),
        )
        return {
            "verdict": "ask" if rejected else "accept",
            "reasons": [f"{rejected} of {valid + rejected} rows are rejected"],
            "counts": counts,
            "report_uri": layout.s3_uri(WORK, layout.report_key(prefix)),
            "report_sha256": hashlib.sha256(body).hexdigest(),
            "parts": len(parts),
            "part_list": parts,
            "file": source | {"index": 0},
            "files": [0],
            "contract_version": report["contract_version"],
            "approval": {"timeout_seconds": 3_600},
        }

    def contract(self, dataset: str, **sluice: object) -> dict[str, Any]:
        """Return a contract of the repository, with some members of `sluice` replaced."""
        document: dict[str, Any] = json.loads((CONTRACTS / f"{dataset}.json").read_text())
        document["sluice"] |= sluice
        return document

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return the plain items of a dataset's table, by key."""
        scanned = self.dynamodb.scan(TableName=TABLES[table])["Items"]
        return sorted(map(attributes.values, scanned), key=str)

    def put(self, pk: str, sk: str, **item: object) -> None:
        """Put a record into the control table, open since long ago."""
        aged = {"open_since": "2026-01-01T00:00:00.000Z"} if item.get("open") else {}
        self.dynamodb.put_item(
            TableName=CONTROL, Item=attributes.attributes({"pk": pk, "sk": sk, **aged, **item})
        )

    def mails(self) -> list[dict[str, Any]]:
        """Return what subscribers were told of outcomes since the last look."""
        return self.received("outcomes")

    def questions(self) -> list[dict[str, Any]]:
        """Return what approvers were asked since the last look."""
        return self.received("approvals")

    def subscribe(
        self, topic: str, queue: str, only: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """Let a queue keep the messages of a topic, or only those with certain attributes."""
        self._queues[queue] = self.sqs.create_queue(QueueName=queue)["QueueUrl"]
        aws.sns().subscribe(
            TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{topic}",
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
            Attributes={"FilterPolicy": json.dumps(only)} if only else {},
        )

    def received(self, queue: str) -> list[dict[str, Any]]:
        """Return the messages that a queue has got since the last look."""
        found: list[dict[str, Any]] = []
        url = self._queues[queue]
        while batch := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in batch:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def to_be_loaded(
        self, run: Mapping[str, str], judgement: Mapping[str, Any], **verdict: str
    ) -> None:
        """Claim the file of a conversion with the verdict that Commit Decision writes."""
        said = {
            "decision": "load",
            "run_id": run["run_id"],
            "report_sha256": judgement["report_sha256"],
            "contract_version": judgement["contract_version"],
            "at": "2026-07-01T00:00:00.000Z",
        }
        file = judgement["file"]
        self.control.update(
            claim_key(file["bucket"], file["key"], file["version_id"]),
            "CLAIM",
            {
                "owner": run["execution_arn"],
                "run_id": run["run_id"],
                "dataset": run["dataset"],
                "state": "CLAIMED",
                "verdict": said | verdict,
            },
        )

    def _staged(self, run_id: str, source: Mapping[str, str]) -> list[dict[str, Any]]:
        key = layout.source_key(run_id, 0)
        self.s3.put_object(Bucket=WORK, Key=key, Body=b"")
        return [{"uri": layout.s3_uri(WORK, key), "index": 0, **source}]

    def _part(
        self, prefix: str, index: int, rows: Sequence[Mapping[str, object]]
    ) -> dict[str, Any]:
        lines = [json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows]
        body = "".join(f"{line}\n" for line in lines).encode()
        key = prefix + layout.part_name("valid", file=0, split=0, judgement=0, number=index)
        self.s3.put_object(Bucket=WORK, Key=key, Body=body)
        return {
            "index": index,
            "file_index": 0,
            "key": key,
            "bytes": len(body),
            "rows": len(rows),
            "sha256": hashlib.sha256(body).hexdigest(),
        }

    def _tables(self) -> None:
        keys = {
            CONTROL: ("pk", "sk"),
            TABLES["AddressesTable"]: ("id",),
            TABLES["CustomersTable"]: ("customer_id", "customer_mail"),
        }
        for table, names in keys.items():
            indexed = ("open", "open_since") if table == CONTROL else ()
            request: dict[str, Any] = {
                "TableName": table,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in (*names, *indexed)
                ],
                "KeySchema": _schema(names),
            }
            if indexed:
                request["GlobalSecondaryIndexes"] = [
                    {
                        "IndexName": "OpenIndex",
                        "KeySchema": _schema(indexed),
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ]
            self.dynamodb.create_table(**request)

    def _topic(self, name: str) -> str:
        """Make a topic and a queue of the same name that keeps what goes out."""
        arn = aws.sns().create_topic(Name=name)["TopicArn"]
        self.subscribe(name, name)
        return arn

    def _machine(self) -> None:
        self.stepfunctions = aws.stepfunctions()
        self.stepfunctions.create_state_machine(
            name="sluice-csv-pipeline",
            definition='{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}',
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/states",
        )


@contextmanager
def running_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Give a test its own empty stack and the functions their environment."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)  # a local cloud of this process sets it
    _forget_clients_of_other_endpoints()
    with mock_aws():
        stack = Stack()
        monkeypatch.setenv("OUTCOME_TOPIC_ARN", stack.outcome_topic_arn)
        monkeypatch.setenv("APPROVAL_TOPIC_ARN", stack.approval_topic_arn)
        yield stack


_made_for: list[str] = []


def _forget_clients_of_other_endpoints() -> None:
    """Making clients costs more than most tests, so they live as long as their endpoint."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB", "")
    if _made_for != [endpoint]:
        for client in (aws.dynamodb, load_batch._wire):
            client.cache_clear()
        _made_for[:] = [endpoint]


@functools.cache
def _sqs() -> Any:
    return boto3.client("sqs")


@contextmanager
def outage(client: Any, operation: str, code: str, *, times: int = 1) -> Iterator[list[Any]]:
    """Let the next calls of one operation fail before they reach the service.

    Yields the parameters of every call that was made, failed or not.
    """
    calls: list[Any] = []

    def fail(params: Any, **_: object) -> None:
        calls.append(params)
        if len(calls) <= times:
            raise _error(code, 400, operation)

    with _heard(client, "provide-client-params", operation, fail):
        yield calls


@contextmanager
def reply_lost(client: Any, operation: str, *, times: int = 1) -> Iterator[list[Any]]:
    """Let the next calls of one operation reach the service and then fail."""
    calls: list[Any] = []

    def lose(parsed: Any, **_: object) -> None:
        calls.append(parsed)
        if len(calls) <= times:
            raise _error("InternalServerError", 500, operation)

    with _heard(client, "after-call", operation, lose):
        yield calls


@contextmanager
def redriven(client: Any, run: Mapping[str, str], *, times: int = 1) -> Iterator[None]:
    """Let a stopped execution run again, as Step Functions describes one; moto redrives none."""

    def revive(parsed: Any, **_: object) -> None:
        if parsed.get("executionArn") == run["execution_arn"]:
            parsed.pop("stopDate", None)
            parsed.update(status="RUNNING", redriveCount=times)

    with _heard(client, "after-call", "DescribeExecution", revive):
        yield


@contextmanager
def _heard(
    client: Any, moment: str, operation: str, handler: Callable[..., None]
) -> Iterator[None]:
    """Let a handler hear of the calls of one operation of a client at a moment of theirs."""
    event = f"{moment}.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register(event, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(event, handler)


def _error(code: str, status: int, operation: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "injected"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, operation)


def _schema(names: Sequence[str]) -> list[dict[str, str]]:
    kinds = ("HASH", "RANGE")
    return [{"AttributeName": n, "KeyType": k} for n, k in zip(names, kinds, strict=False)]


def _rejected_row() -> dict[str, Any]:
    return {
        "file": "incoming/addresses/a.csv",
        "version_id": "v1",
        "line": 8,
        "record": None,
        "errors": [{"column": "id", "rule": "required", "message": "id has no value"}],
        "raw": ",7,<script>alert(1)</script>",
        "contract_version": "000000000000",
    }
