"""Workers of one's own convert: two share a run, a dead one loses its task, faults pass by."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud import Cloud, eventually, started

pytestmark = [pytest.mark.cloud("own-workers"), pytest.mark.slow]

HEADER = "id,location_id,address_1,city,state_province\n"
FAULTS = [
    {"service": "s3", "operation": "PutObject", "resource": "/shares/", "kill_caller": "after"},
    {"service": "s3", "operation": "GetObject", "resource": "/source/", "error": "throttle"},
    {"service": "s3", "operation": "PutObject", "resource": "/valid/", "lose_reply": True},
    {"service": "states", "operation": "SendTaskSuccess", "error": "fault"},
]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    home = tmp_path_factory.mktemp("own-workers")
    yield from started(home, "OwnWorkers=2", "DropWindowSeconds=1")


def addresses(name: str, rows: int) -> bytes:
    lines = (f"{name}-{n},1,{n} Street,Town,{'CA' if n % 9 else 'x'}\n" for n in range(rows))
    return (HEADER + "".join(lines)).encode()


def worker(cloud: Cloud, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["sluice", "work", "--name", name, "--threads", "1"],
        cwd=cloud.home,
        env={
            **os.environ,
            **cloud.environment,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stderr=subprocess.PIPE,
        text=True,
    )


def running(cloud: Cloud) -> str | None:
    """The run that holds both files, once it waits for workers."""
    names = [e["name"] for e in cloud.executions() if e["status"] == "RUNNING"]
    for name in names:
        scheduled = [e for e in cloud.history(name) if e["type"] == "ActivityScheduled"]
        if len(scheduled) == 2:
            return name
    return None


def test_two_workers_share_a_run_and_the_dead_lose_their_tasks(cloud: Cloud) -> None:
    cloud.drop("addresses", "one.csv", addresses("own-a", 90))
    cloud.drop("addresses", "two.csv", addresses("own-b", 70))
    run_id = eventually(lambda: running(cloud), what="a run whose shares wait")
    states, activity = cloud.client("stepfunctions"), cloud.outputs["ConversionActivityArn"]
    dead = states.get_activity_task(activityArn=activity, workerName="dead")
    assert dead["taskToken"]
    rules = [rule | {"caller": "any", "count": 1} for rule in FAULTS]
    cloud.post("/_localcloud/faults", {"rules": rules})
    workers = [worker(cloud, name) for name in ("first", "second")]
    try:
        [killed] = eventually(lambda: [w for w in workers if w.poll() is not None])
        assert killed.returncode == -signal.SIGKILL
        cloud.advance(61)  # nobody has heard of these two
        waiting = eventually(lambda: pending(cloud, run_id), what="the question about the rows")
    finally:
        faults = cloud.post("/_localcloud/faults", {"rules": []})["log"]
        for process in workers:
            process.terminate()  # the killed one does not hear it
        said = "".join(process.communicate(timeout=60)[1] for process in workers)
    assert len(faults) == len(FAULTS), said
    types = [event["type"] for event in cloud.history(run_id)]
    assert types.count("ActivityTimedOut") == 2
    assert types.count("ActivitySucceeded") == 3
    with pytest.raises(states.exceptions.ClientError, match=r"TaskTimedOut|TaskDoesNotExist"):
        states.send_task_success(taskToken=dead["taskToken"], output="{}")
    assert waiting["counts"] == {"rows_in": 160, "valid": 142, "rejected": 18}
    own, small = report(cloud, waiting["report_uri"]), report(cloud, by_lambda(cloud, run_id))
    for kind in ("parts", "rejected_parts", "rejected_csv"):
        assert [part["sha256"] for part in own[kind]] == [part["sha256"] for part in small[kind]]
    assert own["sample"] == small["sample"]


def pending(cloud: Cloud, run_id: str) -> dict[str, Any] | None:
    asked = [a for a in cloud.sluice("approvals") if a["run_id"] == run_id]
    return cloud.sluice("approvals", "show", asked[0]["approval_id"]) if asked else None


def by_lambda(cloud: Cloud, run_id: str) -> str:
    """The report of Convert Small on the same manifest."""
    prefix = f"s3://{cloud.outputs['WorkBucketName']}/runs/{run_id}/"
    resource = cloud.client("cloudformation").describe_stack_resource(
        StackName="sluice", LogicalResourceId="ConvertSmallFunction"
    )["StackResourceDetail"]
    event = {"manifest_uri": f"{prefix}manifest.json", "output_uri": f"{prefix}by-lambda/"}
    answer = cloud.client("lambda").invoke(
        FunctionName=resource["PhysicalResourceId"], Payload=json.dumps({"run": {}, **event})
    )
    document = json.load(answer["Payload"])
    assert "FunctionError" not in answer, document
    return str(document["report_uri"])


def report(cloud: Cloud, uri: str) -> dict[str, Any]:
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    found: dict[str, Any] = json.load(cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"])
    return found
