"""A stack on moto, executions from a script, and a gate that answers over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from click.testing import CliRunner, Result
from moto import mock_aws

from pipeline import timestamps
from sluice.cli import main
from sluice.options import Settings
from sluice.stack import control
from sluice.stack.cloud import Cloud, connect
from tests.integration.cli.scripted_gate import Gate, GateHandler
from tests.integration.cli.scripted_states import MACHINE, Execution, ScriptedStates

OPENED = ("run_id", "dataset", "started_at")
SERIALIZER = TypeSerializer()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    handler = type("Handler", (GateHandler,), {"gate": gate})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        gate.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        yield gate
        server.shutdown()
        thread.join()


def _string_key(*names: str) -> dict[str, Any]:
    return {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
        "BillingMode": "PAY_PER_REQUEST",
    }


def _template(approvals_url: str) -> dict[str, Any]:
    resources = {
        "Landing": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "landing"}},
        "Work": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "work"}},
        "Asked": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "approvals"}},
        "Undelivered": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "undelivered"}},
        "Customers": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "customers-table",
                "KeySchema": [{"AttributeName": "customer_id", "KeyType": "HASH"}],
                **_string_key("customer_id"),
            },
        },
        "Control": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "control-table",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "OpenIndex",
                        "KeySchema": [
                            {"AttributeName": "open", "KeyType": "HASH"},
                            {"AttributeName": "open_since", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "ALL"},
                    },
                    {
                        "IndexName": "RunIndex",
                        "KeySchema": [
                            {"AttributeName": "status", "KeyType": "HASH"},
                            {"AttributeName": "started_at", "KeyType": "RANGE"},
                        ],
                        "Projection": {
                            "ProjectionType": "INCLUDE",
                            "NonKeyAttributes": ["run_id", "dataset"],
                        },
                    },
                ],
                **_string_key("pk", "sk", "open", "open_since", "status", "started_at"),
            },
        },
    }
    outputs = {
        "LandingBucketName": "landing",
        "WorkBucketName": "work",
        "ControlTableName": "control-table",
        "DatasetTables": json.dumps({"CustomersTable": "customers-table"}),
        "StateMachineArn": MACHINE,
        "StartRunsFunctionName": "start-runs",
        "ConversionJobName": "convert",
        "PublishedDatabaseName": "sluice",
        "ApprovalsUrl": approvals_url,
    }
    values: dict[str, Any] = outputs | {
        "ApprovalTopicArn": {"Ref": "Asked"},
        "UndeliveredQueueUrl": {"Ref": "Undelivered"},
    }
    return {
        "Resources": resources,
        "Outputs": {name: {"Value": value} for name, value in values.items()},
    }


@pytest.fixture
def cloud(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "SLUICE_STACK"):
        monkeypatch.delenv(name, raising=False)
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-central-1"
    )
    with mock_aws(config={"core": {"passthrough": {"urls": [r"http://127\.0\.0\.1.*"]}}}):
        session.client("cloudformation").create_stack(
            StackName="sluice", TemplateBody=json.dumps(_template(gate.url))
        )
        cloud = connect("sluice", session=session)
        for bucket in ("landing", "work"):
            cloud.s3.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            )
        cloud.states = ScriptedStates()  # type: ignore[assignment]
        yield cloud


@pytest.fixture
def sluice(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Call the command line on the stack, from the root of the checkout."""
    monkeypatch.chdir(Path(__file__).parents[3])

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, obj=Settings(opener=lambda _: cloud))

    return call


@pytest.fixture
def record(cloud: Cloud) -> Callable[..., None]:
    """Write a record into the control table; that of a run keeps what Open Run has said."""

    def put(pk: str, sk: str, **attributes: Any) -> None:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        known = cloud.dynamodb.get_item(TableName="control-table", Key=key).get("Item", {})
        opened = {name: known[name] for name in OPENED if name in known}
        item = {name: SERIALIZER.serialize(value) for name, value in attributes.items()}
        cloud.dynamodb.put_item(TableName="control-table", Item={**opened, **key, **item})

    return put


@pytest.fixture
def states(cloud: Cloud, record: Callable[..., None]) -> ScriptedStates:
    """Executions, each of which records its run as Open Run does."""
    assert isinstance(cloud.states, ScriptedStates)

    def open_run(execution: Execution) -> None:
        run_id = execution.run_id
        if control.run_records(cloud, [run_id]):
            return
        record(
            f"RUN#{run_id}",
            "RUN",
            run_id=run_id,
            dataset=run_id.partition("-")[0],
            status="RUNNING",
            started_at=timestamps.to_text(execution.started_at),
        )

    cloud.states.when_started = open_run
    return cloud.states
