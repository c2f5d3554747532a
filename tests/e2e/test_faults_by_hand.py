"""Failures that need a hand on the machine: a killed JVM, a deployment, a half-bad batch."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.cloud import ROOT, Cloud, eventually

HEADER = "id,location_id,address_1,city,state_province\n"
DIRTY = ROOT / "sample_data" / "customers_dirty.csv"


def processes(cloud: Cloud, word: str) -> list[psutil.Process]:
    """The processes below the cloud's whose command line holds a word that ends in `word`."""
    found = []
    for process in psutil.Process(cloud.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any(part.endswith(word) for part in process.cmdline()):
                found.append(process)
    return found


@pytest.mark.cloud("spark")
def test_a_job_whose_jvm_is_killed_is_tried_again_and_doubles_nothing(spark_cloud: Cloud) -> None:
    spark_cloud.drop("addresses", "killed.csv", (HEADER + "k-1,1,S,T,CA\nk-2,1,S,T,CA\n").encode())
    eventually(lambda: processes(spark_cloud, "--manifest_uri"), what="the job's script runs")
    for java in processes(spark_cloud, "/java"):
        java.kill()
    result = spark_cloud.ended("killed-csv")
    assert (result["status"], result["counts"]["loaded"]) == ("LOADED", 2)
    assert "/0-1/" in result["report_uri"]


def test_too_many_bad_rows_refuse_the_whole_file(cloud: Cloud) -> None:
    rows = "few-1,1,S,T,CA\n" + ",1,S,T,CA\n" * 3
    cloud.drop("addresses", "mostly-bad.csv", (HEADER + rows).encode())
    result = cloud.ended("mostly-bad")
    assert result["status"] == "REFUSED"
    assert [f["disposition"] for f in result["files"]] == ["quarantined"]
    assert not [i for i in cloud.items("addresses") if i["id"] == "few-1"]


@pytest.fixture
def broken_definition(cloud: Cloud) -> Iterator[None]:
    """While it is used, new executions of the workflow fail at once."""
    states, arn = cloud.client("stepfunctions"), cloud.outputs["StateMachineArn"]
    good = states.describe_state_machine(stateMachineArn=arn)["definition"]
    bad = {"StartAt": "Broken", "States": {"Broken": {"Type": "Fail", "Error": "Broken"}}}
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(bad))
    yield
    states.update_state_machine(stateMachineArn=arn, definition=good)


@pytest.fixture
def broken_loader(cloud: Cloud) -> Iterator[None]:
    """While it is used, the newest version of the loader cannot even start."""
    functions, name = cloud.client("lambda"), {"FunctionName": "sluice-LoadBatchFunction"}

    def deploy(handler: str) -> None:
        functions.update_function_configuration(**name, Handler=handler)
        version = functions.publish_version(**name)["Version"]
        functions.update_alias(**name, Name="live", FunctionVersion=version)

    good = functions.get_function_configuration(**name)["Handler"]
    deploy("nowhere.handler")
    yield
    deploy(good)


@pytest.fixture
def waiting_run(cloud: Cloud, tmp_path: Path) -> str:
    copy = tmp_path / "customers_during_deployment.csv"
    copy.write_bytes(DIRTY.read_bytes())
    return str(cloud.sluice("run", str(copy), code=3)["run_id"])


def test_a_waiting_run_outlives_a_deployment(
    cloud: Cloud, waiting_run: str, broken_definition: None, broken_loader: None
) -> None:
    [approval] = [a for a in cloud.sluice("approvals") if a["run_id"] == waiting_run]
    cloud.sluice("approvals", "approve", approval["approval_id"], "--comment", "still fine")
    assert cloud.ended(waiting_run)["status"] == "LOADED"


def test_a_file_that_the_pipeline_fails_on_does_not_hold_up_the_others(cloud: Cloud) -> None:
    for name in cloud.start(source="sluice.schedule"):  # what other tests left behind
        cloud.ended(name)
    names = ("half-a", "half-b")
    events = {"drop_events": "s3", "resource": "half-"}
    invoke = {"service": "lambda", "operation": "Invoke", "resource": "ValidateHeader"}
    crash = invoke | {"error": "InvalidParameterValueException", "count": 1}
    cloud.post("/_localcloud/faults", {"rules": [events, crash]})
    for name in names:
        cloud.drop("addresses", f"{name}.csv", (HEADER + f"{name},1,S,T,CA\n").encode())
    cloud.advance(15 * 60)
    keys = {f"incoming/addresses/{name}.csv" for name in names}

    def batch() -> list[dict[str, object]]:
        return [r for r in cloud.newest_runs() if {f["key"] for f in r["files"]} == keys]

    [run] = eventually(batch, what="the run of both files")
    cloud.post("/_localcloud/faults", {"rules": []})
    assert run["status"] == "FAILED"
    files = run["files"]
    assert isinstance(files, list)
    assert sorted(f["disposition"] for f in files) == ["archived", "kept"]
    cloud.advance(15 * 60)
    eventually(lambda: {i["id"] for i in cloud.items("addresses")} >= set(names))
