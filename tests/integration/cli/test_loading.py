"""A load that is under way says how far it is, wherever its run is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from sluice.console.live import stream
from sluice.runs.loading import LoadWatch
from sluice.stack.cloud import Cloud
from tests.integration.cli.scripted_states import Execution, ScriptedStates, execution_arn

RUN = "customers-customers-csv-0123456789ab"
MAP_RUN = "arn:aws:states:eu-central-1:123456789012:mapRun:csv-pipeline/LoadBatches:1"
TOLD = "1,500 of 2,200 rows, 1 of 3 parts"


@pytest.fixture
def run(states: ScriptedStates, record: Callable[..., None]) -> Execution:
    execution = states.add(Execution(RUN))
    judged = json.dumps({"report_uri": "s3://work/r.json", "counts": {"valid": 2200}})
    execution.add("ExecutionStarted")
    execution.add("TaskStateEntered", name="Judge Quality")
    execution.add("TaskStateExited", name="Judge Quality", output=judged)
    execution.add("MapStateEntered", name="Load Batches")
    execution.add("MapStateStarted", length=0)
    execution.add("MapRunStarted", mapRunArn=MAP_RUN)
    states.map_runs[MAP_RUN] = {"total": 3, "succeeded": 1}
    for part, rows in enumerate((1000, 500)):
        counts = {"loaded": rows - 1, "replayed": 1, "rows_done": rows}
        record(f"RUN#{RUN}", f"LOAD#{part:06}", **counts)
    return execution


@pytest.mark.usefixtures("run")
def test_show_and_graph_tell_rows_and_parts(sluice: Callable[..., Result]) -> None:
    shown = sluice("show", RUN)
    assert f"loading {TOLD}" in shown.stdout
    assert "1498 loaded, 2 replayed" in shown.stdout
    loading = json.loads(sluice("show", RUN, "--json").stdout)["loading"]
    assert (loading["rows_done"], loading["parts_done"]) == (1500, 1)


def test_the_console_is_told_of_each_step(cloud: Cloud, run: Execution, record: Any) -> None:
    run.steps = [
        lambda: None,
        lambda: None,
        lambda: record(f"RUN#{RUN}", "LOAD#000002", rows_done=700),
        lambda: run.end("SUCCEEDED"),
    ]
    events = list(stream(cloud, RUN, execution_arn(RUN), lambda _: None))
    assert [each for each in events if each.startswith("data")] == ["data: changed\n\n"] * 2


def test_nothing_is_told_when_nothing_loads(cloud: Cloud, states: ScriptedStates) -> None:
    states.add(Execution(RUN)).add("ExecutionStarted")
    assert LoadWatch(cloud, RUN, execution_arn(RUN)).look(()) is None
