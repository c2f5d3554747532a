"""The small path from manifest to verdict, as the state machine calls it, on moto."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import convert_small
import judge_quality
from pipeline import layout
from pipeline.errors import DigestMismatchError, EventError, ReconciliationError
from stores import aws
from tests.integration.validators.conftest import WORK, Run

Reader = Callable[[str], dict[str, Any]]
REFERENCE = (
    '{"id":"1","location_id":"1","address_1":"2600 Middlefield Road",'
    '"city":"Redwood City","state_province":"CA"}'
)


def convert(run: Run, manifest_uri: str) -> str:
    return converted(run, manifest_uri)["report_uri"]


def converted(run: Run, manifest_uri: str) -> dict[str, str]:
    event = {
        "run": run.event,
        "manifest_uri": manifest_uri,
        "output_uri": f"s3://{WORK}/runs/{run.run_id}/0-0/",
    }
    return convert_small.handler(event, None)


def judged(run: Run, manifest_uri: str, report_uri: str, report_sha256: str = "") -> dict[str, Any]:
    return judge_quality.handler(
        {
            "run": run.event,
            "manifest_uri": manifest_uri,
            "report_uri": report_uri,
            "report_sha256": report_sha256,
        },
        None,
    )


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")


def planned(run: Run, *paths: str) -> str:
    files = [
        run.validate(run.drop(Path(path).read_bytes(), f"incoming/{run.dataset}/{i}.csv", i))
        for i, path in enumerate(paths)
    ]
    uri: str = run.plan(files)["manifest_uri"]
    return uri


def test_clean_rows_are_accepted(run: Run, document: Reader) -> None:
    manifest_uri = planned(run, "sample_data/addresses.csv")
    report_uri = convert(run, manifest_uri)
    report = document(report_uri)
    part = report["parts"][0]
    body = aws.s3().get_object(Bucket=WORK, Key=part["key"])["Body"].read()
    assert body.decode().split("\n")[0] == REFERENCE
    assert hashlib.sha256(body).hexdigest() == part["sha256"]
    verdict = judged(run, manifest_uri, report_uri)
    assert verdict["verdict"] == "accept"
    assert verdict["counts"] == {"rows_in": 10, "valid": 10, "rejected": 0}
    assert verdict["parts"] == 1


def test_dirty_rows_need_a_person(cloud: None, document: Reader) -> None:
    run = Run(run_id="customers-x", dataset="customers")
    manifest_uri = planned(run, "sample_data/customers.csv", "sample_data/customers_dirty.csv")
    report_uri = convert(run, manifest_uri)
    report = document(report_uri)
    rejected = aws.s3().get_object(Bucket=WORK, Key=report["rejected_parts"][0]["key"])
    lines = rejected["Body"].read().decode().split("\n")[:-1]
    assert [json.loads(line) for line in lines] == report["sample"]
    verdict = judged(run, manifest_uri, report_uri)
    assert verdict["verdict"] == "ask"
    assert verdict["reasons"] == ["12 of 263 rows were rejected; the contract asks above 0 rows"]


def test_what_is_usual_is_taken_from_the_manifest(run: Run, document: Reader) -> None:
    manifest_uri = planned(run, "sample_data/addresses.csv")
    manifest = document(manifest_uri)
    quality = {"ask_beyond": {"volume": 0.5, "missing": 0.1}}
    manifest["contract"]["sluice"]["quality"] = quality
    values = {"id": 3, "city": 1}
    past = {"run_id": "r", "files": 1, "rows_in": 3, "valid": 3, "rejected": 0, "values": values}
    manifest |= {"counted": ["id", "city"], "past": [past] * 3}
    bucket, key = layout.split_uri(manifest_uri)
    aws.s3().put_object(Bucket=bucket, Key=key, Body=json.dumps(manifest).encode())
    report_uri = convert(run, manifest_uri)
    assert document(report_uri)["values"] == {"id": 10, "city": 10}
    verdict = judged(run, manifest_uri, report_uri)
    assert verdict["verdict"] == "ask"
    assert [reason.split()[0] for reason in verdict["reasons"]] == ["0.csv", "city"]


def test_the_first_report_of_an_attempt_stands(run: Run) -> None:
    manifest_uri = planned(run, "sample_data/addresses.csv")
    bucket, _, key = convert(run, manifest_uri).removeprefix("s3://").partition("/")
    first = aws.s3().get_object(Bucket=bucket, Key=key)["ETag"]
    convert(run, manifest_uri)
    assert aws.s3().get_object(Bucket=bucket, Key=key)["ETag"] == first


def test_parts_that_were_exchanged_are_noticed(run: Run, document: Reader) -> None:
    manifest_uri = planned(run, "sample_data/addresses.csv")
    report_uri = convert(run, manifest_uri)
    aws.s3().put_object(Bucket=WORK, Key=document(report_uri)["parts_key"], Body=b"[]")
    with pytest.raises(DigestMismatchError):
        judged(run, manifest_uri, report_uri)


def test_a_report_that_was_exchanged_before_it_was_judged_is_noticed(
    run: Run, document: Reader
) -> None:
    manifest_uri = planned(run, "sample_data/addresses.csv")
    done = converted(run, manifest_uri)
    again = converted(run, manifest_uri)
    assert again == done, "an attempt that has a report already answers with that one's digest"
    assert judged(run, manifest_uri, **done)["report_sha256"] == done["report_sha256"]
    _, key = layout.split_uri(done["report_uri"])
    forged = {**document(done["report_uri"]), "seconds": 0}
    aws.s3().put_object(Bucket=WORK, Key=key, Body=json.dumps(forged).encode())
    with pytest.raises(DigestMismatchError, match="not what the conversion wrote"):
        judged(run, manifest_uri, **done)


def test_a_report_of_another_manifest_is_noticed(run: Run, document: Reader) -> None:
    manifest_uri = planned(run, "sample_data/addresses.csv")
    report_uri = convert(run, manifest_uri)
    _, key = layout.split_uri(manifest_uri)
    forged = {**document(manifest_uri), "rows_per_part": 1}
    aws.s3().put_object(Bucket=WORK, Key=key, Body=json.dumps(forged).encode())
    with pytest.raises(ReconciliationError, match="another manifest"):
        judged(run, manifest_uri, report_uri)


def test_a_missing_manifest_is_told(run: Run) -> None:
    with pytest.raises(EventError):
        convert(run, f"s3://{WORK}/nothing.json")
