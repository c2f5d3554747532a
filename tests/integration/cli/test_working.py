"""A worker of one's own tells the run what went wrong, and goes on with the next task."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import Result

from pipeline.contracts.contract_shelf import load_contract
from pipeline.runs.manifest import manifest_document
from sluice.stack.cloud import Cloud, Stack

Sluice = Callable[..., Result]

ACTIVITY = "arn:aws:states:eu-central-1:123456789012:activity:sluice-conversion"
CONTRACT = Path(__file__).parents[3] / "functions" / "contracts" / "customers.json"
MANIFEST = manifest_document(
    run_id="r", contract=load_contract(CONTRACT), files=[], rows_per_part=5000
)


class Tasks:
    """An activity with some tasks in it; keeps what is answered."""

    def __init__(self, *tasks: dict[str, Any]) -> None:
        self.waiting = [json.dumps(task) for task in tasks]
        self.answers: list[dict[str, str]] = []
        self.is_late = False

    def get_activity_task(self, activityArn: str, workerName: str) -> dict[str, str]:  # noqa: N803
        assert (activityArn, workerName) == (ACTIVITY, "w")
        if not self.waiting:
            return {}
        return {"taskToken": f"token {len(self.waiting)}", "input": self.waiting.pop(0)}

    def send_task_success(self, **answer: str) -> None:
        if self.is_late:
            raise ClientError({"Error": {"Code": "TaskTimedOut"}}, "SendTaskSuccess")
        self.answers.append(answer)

    def send_task_failure(self, **answer: str) -> None:
        self.answers.append(answer)


def task(kind: str, run: str = "r", **more: object) -> dict[str, Any]:
    folder = f"s3://work/runs/{run}"
    uris = {"manifest_uri": f"{folder}/manifest.json", "output_uri": f"{folder}/0-0/"}
    return {"task": kind, "run_id": run, **uris, **more}


@pytest.fixture
def work(cloud: Cloud, sluice: Sluice) -> Callable[[Tasks], Result]:
    stack = {name: getattr(cloud.stack, name) for name in Stack.__slots__}
    cloud.stack = Stack(**stack | {"conversion_activity": ACTIVITY})
    cloud.s3.put_object(Bucket="work", Key="runs/r/manifest.json", Body=json.dumps(MANIFEST))

    def call(tasks: Tasks) -> Result:
        cloud.tasks = cloud.states = tasks  # type: ignore[assignment]
        return sluice("work", "--once", "--name", "w")

    return call


def test_a_task_that_cannot_be_done_is_told_and_the_next_one_is_done(
    work: Callable[[Tasks], Result],
) -> None:
    tasks = Tasks(task("share", "gone", share=0, shares=1), task("share", share=0, shares=1))
    done = work(tasks)
    assert done.exit_code == 0, done.output
    failed, succeeded = tasks.answers
    assert failed["error"] == "NotFoundError"
    assert "runs/gone/manifest.json" in failed["cause"]
    assert json.loads(succeeded["output"]) == {"splits": 0}
    assert "gone, share 1 of 1: NotFoundError" in done.stderr
    assert "token" not in done.output


def test_who_adds_up_answers_with_the_digest_of_the_report(
    cloud: Cloud, work: Callable[[Tasks], Result]
) -> None:
    tasks = Tasks(task("add_up"), task("add_up"))
    assert work(tasks).exit_code == 0
    first, again = (json.loads(answer["output"]) for answer in tasks.answers)
    assert first == again, "the report that is there stays"
    body = cloud.s3.get_object(Bucket="work", Key="runs/r/0-0/report.json")["Body"].read()
    assert json.loads(body)["counts"] == {"rows_in": 0, "valid": 0, "rejected": 0}


def test_an_answer_that_comes_too_late_is_no_error(work: Callable[[Tasks], Result]) -> None:
    tasks = Tasks(task("share", share=0, shares=1))
    tasks.is_late = True
    done = work(tasks)
    assert done.exit_code == 0
    assert "another worker has the task" in done.stderr


def test_a_worker_that_is_told_to_end_puts_everything_away(
    work: Callable[[Tasks], Result],
) -> None:
    class Ended(Tasks):
        def get_activity_task(self, **_: str) -> dict[str, str]:
            signal.raise_signal(signal.SIGTERM)
            return {}

    assert work(Ended()).exit_code == 128 + signal.SIGTERM


def test_a_stack_without_an_activity_is_told(sluice: Sluice) -> None:
    done = sluice("work", "--once")
    assert done.exit_code == 4
    assert "deploy this version" in done.stderr
