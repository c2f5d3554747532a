"""A run that was stopped at the gate is redriven while the schedule looks for files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud import ROOT, Cloud, eventually

DIRTY = ROOT / "sample_data" / "customers_dirty.csv"


@pytest.fixture
def dirty(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The dirty sample under a name of this test's own."""
    name = re.sub(r"[^a-z]+", "-", request.node.name)[-40:].strip("-")
    copy = tmp_path / f"customers_{name}.csv"
    copy.write_bytes(DIRTY.read_bytes())
    return copy


def stopped(cloud: Cloud, file: Path) -> str:
    """The id of a run that waited at the gate and was stopped."""
    run_id = str(cloud.sluice("run", str(file), code=3)["run_id"])
    assert cloud.sluice("stop", run_id, "--comment", "by mistake")["status"] == "FAILED"
    return run_id


def claim_of(cloud: Cloud, run: Mapping[str, Any]) -> dict[str, str]:
    """Owner's run and state of the claim on the only file of a run."""
    [file] = run["files"]
    key = f"FILE#{cloud.outputs['LandingBucketName']}#{file['version_id']}#{file['key']}"
    item = cloud.client("dynamodb").get_item(
        TableName=cloud.outputs["ControlTableName"],
        Key={"pk": {"S": key}, "sk": {"S": "CLAIM"}},
        ConsistentRead=True,
    )["Item"]
    return {name: item[name]["S"] for name in ("run_id", "state")}


def versions_of(cloud: Cloud, run_id: str) -> set[str]:
    """The file versions that a run was started for."""
    arn = cloud.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    found = cloud.client("stepfunctions").describe_execution(executionArn=f"{arn}:{run_id}")
    return {file["version_id"] for file in json.loads(found["input"])["files"]}


def waits(cloud: Cloud, run_id: str) -> bool:
    return run_id in {approval["run_id"] for approval in cloud.sluice("approvals")}


def whereabouts(cloud: Cloud, run: Mapping[str, Any]) -> list[str]:
    """The zones in which the only file of a run lies."""
    [file] = run["files"]
    zones = [
        prefix
        for prefix in ("archive/", "quarantine/")
        for key in cloud.keys("WorkBucketName", prefix)
        if f"/{file['version_id']}/" in key and not key.endswith(".reason.json")
    ]
    return zones + cloud.keys("LandingBucketName", file["key"])


def balanced(run: Mapping[str, Any]) -> bool:
    counts = run["counts"]
    outcomes = ("loaded", "replayed", "superseded", "duplicates")
    return bool(counts["valid"] == sum(counts[name] for name in outcomes))


def test_the_schedule_starts_no_second_run_while_a_redriven_one_waits(
    cloud: Cloud, dirty: Path
) -> None:
    run_id = stopped(cloud, dirty)
    redriven = cloud.sluice("redrive", run_id, code=3)
    ours = {"run_id": run_id, "state": "CLAIMED"}
    eventually(lambda: claim_of(cloud, redriven) == ours, what="the file is the run's again")
    version = redriven["files"][0]["version_id"]
    for name in cloud.start(source="sluice.schedule"):  # what other tests left behind
        assert version not in versions_of(cloud, name)
    cloud.sluice("approvals", "approve", run_id, "--comment", "known gaps")
    result = cloud.ended(run_id)
    assert result["status"] == "LOADED"
    assert balanced(result)
    assert whereabouts(cloud, result) == ["archive/"]


@pytest.mark.parametrize("first", ["redriven", "other"])
@pytest.mark.parametrize("others_answer", ["approve", "reject"])
def test_one_answer_holds_for_a_file_that_two_runs_ask_about(
    cloud: Cloud, dirty: Path, first: str, others_answer: str
) -> None:
    """Another run took the file between stop and redrive: both ask, and only its answer counts."""
    before = cloud.items("customers")
    run_id = stopped(cloud, dirty)
    [other] = cloud.start(source="manual", keys=[f"incoming/customers/{dirty.name}"])
    eventually(lambda: waits(cloud, other), what="the other run asks")
    redriven = cloud.sluice("redrive", run_id, code=3)
    assert claim_of(cloud, redriven) == {"run_id": other, "state": "CLAIMED"}
    opposite = "reject" if others_answer == "approve" else "approve"
    answers = {run_id: opposite, other: others_answer}
    for name in (run_id, other) if first == "redriven" else (other, run_id):
        cloud.sluice("approvals", answers[name], name, "--comment", "as I see it")
        cloud.ended(name)
    ours, theirs = (cloud.sluice("show", name, code=None) for name in (run_id, other))
    assert ours["status"] == "DUPLICATE"
    assert [file["disposition"] for file in ours["files"]] == ["duplicate"]
    assert theirs["status"] == ("LOADED" if others_answer == "approve" else "REJECTED")
    loaded = others_answer == "approve"
    assert whereabouts(cloud, theirs) == ["archive/" if loaded else "quarantine/"]
    if loaded:
        assert balanced(theirs)
    else:
        assert cloud.items("customers") == before


def test_a_run_that_died_while_it_loaded_is_finished_by_another_without_a_question(
    cloud: Cloud, dirty: Path
) -> None:
    """The verdict stands on the file: whoever loads it later asks nobody again."""
    table = json.loads(cloud.outputs["DatasetTables"])["CustomersTable"]
    rule = {
        "service": "dynamodb",
        "operation": "PutItem",
        "resource": table,
        "error": "AccessDeniedException",
    }
    cloud.post("/_localcloud/faults", {"rules": [rule]})
    try:
        run = cloud.sluice("run", str(dirty), "--approve", code=1)
    finally:
        cloud.post("/_localcloud/faults", {"rules": []})
    assert [file["disposition"] for file in run["files"]] == ["kept"]
    [other] = cloud.start(source="manual", keys=[f"incoming/customers/{dirty.name}"])
    result = cloud.ended(other)
    assert result["status"] == "LOADED"
    assert balanced(result)
    assert whereabouts(cloud, result) == ["archive/"]
    cloud.sluice("undo", other, "--yes", "--comment", "a test")
    assert cloud.sluice("show", other)["taken_over_from"] == run["run_id"]
