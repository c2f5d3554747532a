"""The three validators and the plan, as the state machine calls them, on moto."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import EventError, FileRefusedError
from stores import aws
from stores.objects import RANGE_BYTES, PinnedObject
from stores.staging import stage
from tests.integration.validators.conftest import LANDING, WORK, Run

ADDRESSES = Path("sample_data/addresses.csv").read_bytes()
Reader = Callable[[str], dict[str, Any]]


def test_facts_are_read_from_s3_whatever_the_event_says(run: Run) -> None:
    file = run.object(run.drop(ADDRESSES))
    assert file["size_bytes"] == len(ADDRESSES)
    assert file["etag"] == hashlib.md5(ADDRESSES, usedforsecurity=False).hexdigest()
    assert file["compression"] is None


def test_an_older_version_sorts_before_a_newer_one(run: Run) -> None:
    files = [run.drop(ADDRESSES + b"\n" * n) for n in range(4)]
    versions = [run.object(file)["source_version"] for file in files]
    assert versions == sorted(versions)
    assert len(set(versions)) == len(versions)


def test_the_order_within_a_second_outlives_the_versions_that_made_it(run: Run) -> None:
    first, second, third = [run.drop(ADDRESSES + b"\n" * n) for n in range(3)]
    before = [run.object(first)["source_version"], run.object(second)["source_version"]]
    aws.s3().delete_object(Bucket=LANDING, Key=first["key"], VersionId=first["version_id"])
    assert before[0] < before[1] < run.object(third)["source_version"]
    assert run.object(second)["source_version"] == before[1]


def test_a_version_that_was_deleted_is_refused(run: Run) -> None:
    file = run.drop(ADDRESSES)
    aws.s3().delete_object(Bucket=LANDING, Key=file["key"], VersionId=file["version_id"])
    with pytest.raises(FileRefusedError) as refusal:
        run.object(file)
    assert refusal.value.code == "gone"


def test_another_bucket_is_no_landing_zone(run: Run) -> None:
    with pytest.raises(EventError):
        run.object({**run.drop(ADDRESSES), "bucket": "elsewhere"})


@pytest.mark.parametrize("forged", ["addresses", "unassigned"])
def test_the_key_decides_the_dataset_whatever_the_input_says(run: Run, forged: str) -> None:
    file = run.drop(ADDRESSES, key="incoming/customers/a.csv")
    with pytest.raises(EventError, match="the key decides"):
        Run(dataset=forged).object(file)


def test_a_folder_without_a_contract_is_refused(run: Run) -> None:
    stranger = Run(dataset="unassigned")
    with pytest.raises(FileRefusedError) as refusal:
        stranger.object(run.drop(ADDRESSES, key="incoming/somewhere/a.csv"))
    assert refusal.value.code == "unknown_dataset"


def test_findings_tell_the_conversion_how_to_read(run: Run, document: Reader) -> None:
    body = b'\xef\xbb\xbfid,city,state_province,address_1,location_id\r\n1,"A\nB",CA,x,1\r\n\r\n'
    findings = document(run.validate(run.drop(body))["findings_uri"])
    assert findings["columns"] == ["id", "city", "state_province", "address_1", "location_id"]
    facts = {name: findings[name] for name in ("bom", "newline", "multiline", "records")}
    assert facts == {"bom": True, "newline": "\r\n", "multiline": True, "records": 1}
    assert findings["blank_lines"] == 1


def test_the_plan_stages_the_pinned_bytes(run: Run, document: Reader) -> None:
    first = run.validate(run.drop(ADDRESSES))
    second = run.validate(
        run.drop(gzip.compress(ADDRESSES), key="incoming/addresses/b.csv.gz", index=1)
    )
    run.drop(b"overwritten while the run goes on")
    plan = run.plan([first, second])
    manifest = document(plan["manifest_uri"])
    assert [file["uri"] for file in manifest["files"]] == [
        f"s3://{WORK}/runs/{run.run_id}/source/0000.csv",
        f"s3://{WORK}/runs/{run.run_id}/source/0001.csv",
    ]
    for uri in (file["uri"] for file in manifest["files"]):
        staged = aws.s3().get_object(Bucket=WORK, Key=uri.removeprefix(f"s3://{WORK}/"))
        assert staged["Body"].read() == ADDRESSES
    assert {file["compression"] for file in manifest["files"]} == {None}
    assert plan["bytes"] == 2 * len(ADDRESSES)
    assert plan["engine"] == "duckdb"
    assert plan["files"] == 2
    assert manifest["rules"]["key"] == ["id"]


def test_a_version_too_large_for_one_copy_is_staged_by_parts(run: Run) -> None:
    body = bytes(range(256)) * 4096 * 11
    file = run.object(run.drop(body.hex().encode()))
    source = PinnedObject.of(aws.s3(), file)
    stage(source, bucket=WORK, key="copy", max_single_copy_bytes=1, part_bytes=6 * 1024 * 1024)
    assert aws.s3().get_object(Bucket=WORK, Key="copy")["Body"].read() == body.hex().encode()


def test_a_file_that_takes_longer_than_there_is_time_is_refused_with_what_to_do(run: Run) -> None:
    file = run.drop(ADDRESSES * (2 * RANGE_BYTES // len(ADDRESSES)))
    with pytest.raises(FileRefusedError, match=r"first 8,388,608 bytes .* split it") as refusal:
        run.validate(file, 60_000, 29_999)
    assert refusal.value.code == "too_large"


def test_ranges_add_up_to_the_object(run: Run) -> None:
    body = bytes(range(256)) * 40_000 * 2
    source = PinnedObject.of(aws.s3(), run.object(run.drop(body)))
    assert b"".join(source.pieces()) == body
    assert source.read(len(body) - 3, 10) == body[-3:]
