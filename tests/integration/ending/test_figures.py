"""What functions write into their log for CloudWatch to count."""

from __future__ import annotations

import json
from typing import Any

import pytest

import finish_run
import start_runs
import sweep_runs
from tests.support.stack import Stack, run_of

STOPPED = {"detail-type": "Step Functions Execution Status Change"}


def end_of(run: dict[str, str]) -> dict[str, Any]:
    return {
        "run": run,
        "status": "LOADED",
        "reason": {},
        "counts": {"rows_in": 10, "valid": 9, "rejected": 1, "loaded": 9},
        "files": [],
        "report_uri": "s3://work/report.json",
        "error": "",
        "cause": "",
        "approval": None,
        "size_bytes": 512,
        "marks": {"validate": "2026-07-01T09:30:00.000Z", "finish": "2026-07-01T09:30:04.000Z"},
    }


class Figures:
    """The documents that were printed since the last look."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def printed(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]


@pytest.fixture
def figures(capsys: pytest.CaptureFixture[str]) -> Figures:
    return Figures(capsys)


def test_a_run_is_counted_when_its_end_is_written(stack: Stack, figures: Figures) -> None:
    run = run_of("r1")
    stack.open_run(run)
    for _ in range(2):
        finish_run.handler(end_of(run), None)
    [document] = figures.printed()
    assert (document["Dataset"], document["Status"]) == ("addresses", "LOADED")
    assert (document["RowsIn"], document["RowsLoaded"], document["Bytes"]) == (10, 9, 512)
    assert (document["RejectedPercent"], document["RunSeconds"]) == (10, 4)
    namespaces = {each["Namespace"] for each in document["_aws"]["CloudWatchMetrics"]}
    assert namespaces == {"Sluice/test"}


def test_a_run_that_was_stopped_is_counted_once(stack: Stack, figures: Figures) -> None:
    run = run_of("r1")
    stack.open_run(run)
    stack.stop_run(run)
    detail = {"executionArn": run["execution_arn"], "status": "ABORTED"}
    finish_run.handler({**STOPPED, "detail": detail}, None)
    sweep_runs.handler({"source": "sluice.sweep"}, None)
    ended, swept = figures.printed()
    assert (ended["Status"], ended["Runs"]) == ("STOPPED", 1)
    assert swept["Sweeps"] == 1


def test_the_sweep_tells_how_long_a_run_has_been_open(stack: Stack, figures: Figures) -> None:
    stack.open_run(run_of("r1"))
    sweep_runs.handler({"source": "sluice.sweep"}, None)
    [document] = figures.printed()
    assert document["OldestRunSeconds"] > 0
    assert document["OldestQuestionSeconds"] == document["ExpiringQuestions"] == 0


def test_the_schedule_tells_how_many_files_waited(stack: Stack, figures: Figures) -> None:
    stack.drop("incoming/addresses/a.csv")
    stack.drop("incoming/addresses/b.csv")
    for waiting in (2, 2):  # until their run has claimed them
        start_runs.handler({"source": "sluice.schedule"}, None)
        [document] = figures.printed()
        assert (document["PickUps"], document["FilesWaiting"]) == (1, waiting)
