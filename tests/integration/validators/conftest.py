"""The landing zone and the working bucket on moto, and the chain of validators over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

import plan_conversion
import validate_content
import validate_header
import validate_object
from stores import aws
from tests.support.stack import Context

LANDING, WORK = "landing", "work"


@dataclass(frozen=True)
class Run:
    """One run's identity and the calls that the state machine makes for it."""

    run_id: str = "addresses-a-csv-000000000000"
    dataset: str = "addresses"
    small_path_max_bytes: int = 1000

    @property
    def event(self) -> dict[str, Any]:
        return {"run_id": self.run_id, "dataset": self.dataset}

    def drop(self, body: bytes, key: str | None = None, index: int = 0) -> dict[str, Any]:
        key = f"incoming/{self.dataset}/a.csv" if key is None else key
        response = aws.s3().put_object(Bucket=LANDING, Key=key, Body=body)
        return {
            "bucket": LANDING, "key": key, "version_id": response["VersionId"], "index": index,
            "etag": "forged", "size_bytes": -1, "sequencer": "",
        }  # fmt: skip

    def object(self, file: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = validate_object.handler({"run": self.event, "file": file}, None)
        return found["file"]

    def validate(self, file: dict[str, Any], *left_milliseconds: int) -> dict[str, Any]:
        known = self.object(file)
        header = validate_header.handler({"run": self.event, "file": known}, None)
        content = validate_content.handler(
            {"run": self.event, "file": known, "header": header}, Context(*left_milliseconds)
        )
        return {"file": known, "findings_uri": content["findings_uri"]}

    def plan(self, files: list[dict[str, Any]]) -> dict[str, Any]:
        return plan_conversion.handler(
            {
                "run": self.event,
                "files": files,
                "small_path_max_bytes": str(self.small_path_max_bytes),
                "max_glue_workers": "10",
                "own_workers": "0",
                "rows_per_part": "5000",
            },
            None,
        )


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    variables = {
        "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x", "LANDING_BUCKET": LANDING, "WORK_BUCKET": WORK,
        "CONTROL_TABLE": "control",
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    aws.s3.cache_clear()
    aws.dynamodb.cache_clear()
    with mock_aws():
        aws.dynamodb().create_table(
            TableName="control",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        for bucket in (LANDING, WORK):
            aws.s3().create_bucket(
                Bucket=bucket,
                CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
            )
        aws.s3().put_bucket_versioning(
            Bucket=LANDING, VersioningConfiguration={"Status": "Enabled"}
        )
        yield
    aws.s3.cache_clear()
    aws.dynamodb.cache_clear()


@pytest.fixture
def run(cloud: None) -> Run:
    return Run()


@pytest.fixture
def document(cloud: None) -> Callable[[str], dict[str, Any]]:
    def read(uri: str) -> dict[str, Any]:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        found: dict[str, Any] = json.loads(
            aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()
        )
        return found

    return read
