"""The fold from history events to visits, on histories as Step Functions records them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from sluice.runs.history import StateVisit
from sluice.runs.history_fold import visits
from tests.support.runs import START


class History:
    """Writes events one second apart, each after the one before unless told otherwise."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.add("ExecutionStarted")

    def add(self, kind: str, *, after: int | None = None, **details: Any) -> int:
        number = len(self.events) + 1
        event: dict[str, Any] = {
            "id": number,
            "previousEventId": number - 1 if after is None else after,
            "timestamp": START + timedelta(seconds=number),
            "type": kind,
        }
        if kind.endswith(("StateEntered", "StateExited")):
            ending = "stateEntered" if kind.endswith("Entered") else "stateExited"
            event[f"{ending}EventDetails"] = details
        elif details:
            event[f"{kind[0].lower()}{kind[1:]}EventDetails"] = details
        self.events.append(event)
        return number

    def task(self, name: str, *, after: int | None = None) -> int:
        self.add("TaskStateEntered", after=after, name=name)
        self.add("TaskScheduled", resource="invoke", resourceType="lambda")
        self.add("TaskStarted", resource="invoke")
        self.add("TaskSucceeded", resource="invoke")
        return self.add("TaskStateExited", name=name, output=json.dumps({"state": name}))

    def visits(self) -> tuple[StateVisit, ...]:
        return visits(self.events)


def by_name(history: History) -> dict[str, StateVisit]:
    return {visit.name: visit for visit in history.visits()}


def test_a_finished_task_has_its_times_and_output() -> None:
    history = History()
    history.task("Plan Conversion")
    [visit] = history.visits()
    assert (visit.status, visit.attempts, visit.retries) == ("SUCCEEDED", 1, 0)
    assert visit.seconds(START) == 4
    assert json.loads(visit.output) == {"state": "Plan Conversion"}


def test_a_task_that_succeeds_at_the_third_try_keeps_the_last_error() -> None:
    history = History()
    history.add("TaskStateEntered", name="Judge Quality")
    for attempt in ("first", "second"):
        history.add("TaskScheduled", resource="invoke")
        history.add("TaskFailed", resource="invoke", error="TransientError", cause=attempt)
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskSucceeded", resource="invoke")
    history.add("TaskStateExited", name="Judge Quality", output="{}")
    [visit] = history.visits()
    assert (visit.status, visit.retries) == ("SUCCEEDED", 2)
    assert (visit.error, visit.cause) == ("TransientError", "second")


def test_a_caught_error_shows_as_caught() -> None:
    history = History()
    history.add("TaskStateEntered", name="Plan Conversion")
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskFailed", resource="invoke", error="KeyError", cause="'x'")
    history.add("TaskStateExited", name="Plan Conversion", output="{}")
    history.add("PassStateEntered", name="Record Failure")
    history.add("PassStateExited", name="Record Failure", output="{}")
    found = by_name(history)
    assert found["Plan Conversion"].status == "CAUGHT"
    assert found["Record Failure"].status == "SUCCEEDED"


def test_a_task_waits_from_its_submission_until_the_token_comes_back() -> None:
    history = History()
    history.add("TaskStateEntered", name="Request Approval")
    history.add("TaskScheduled", resource="invoke.waitForTaskToken")
    history.add("TaskStarted", resource="invoke.waitForTaskToken")
    assert history.visits()[0].status == "RUNNING"
    history.add("TaskSubmitted", resource="invoke.waitForTaskToken")
    assert history.visits()[0].status == "WAITING"
    history.add("TaskSucceeded", resource="invoke.waitForTaskToken")
    assert history.visits()[0].status == "RUNNING"


def test_concurrent_items_of_a_map_are_told_apart() -> None:
    history = History()
    history.add("MapStateEntered", name="Validate Files")
    started = history.add("MapStateStarted", length=2)
    first = history.add("MapIterationStarted", after=started, name="Validate Files", index=0)
    second = history.add("MapIterationStarted", after=started, name="Validate Files", index=1)
    entered = history.add("TaskStateEntered", after=first, name="Claim File")
    other = history.task("Claim File", after=second)
    scheduled = history.add("TaskScheduled", after=entered, resource="updateItem")
    failed = history.add("TaskFailed", after=scheduled, error="Boom", cause="no")
    left = history.add("TaskStateExited", after=failed, name="Claim File", output="{}")
    aside = history.add("PassStateEntered", after=left, name="Set File Aside")
    aside = history.add("PassStateExited", after=aside, name="Set File Aside", output="{}")
    done = history.add("MapIterationSucceeded", after=aside, name="Validate Files", index=0)
    history.add("MapIterationSucceeded", after=other, name="Validate Files", index=1)
    history.add("MapStateSucceeded", after=done)
    history.add("MapStateExited", name="Validate Files", output="{}")
    history.add("PassStateEntered", name="Record Failure")
    found = [(v.name, v.depth, v.item, v.status) for v in history.visits()]
    assert found == [
        ("Validate Files", 0, None, "SUCCEEDED"),
        ("Claim File", 1, 0, "CAUGHT"),
        ("Claim File", 1, 1, "SUCCEEDED"),
        ("Set File Aside", 1, 0, "SUCCEEDED"),
        ("Record Failure", 0, None, "RUNNING"),
    ]
    assert history.visits()[0].length == 2


def test_a_map_that_fails_ends_what_is_inside() -> None:
    history = History()
    history.add("MapStateEntered", name="Load Batches")
    history.add("MapStateStarted", length=1)
    history.add("MapIterationStarted", name="Load Batches", index=0)
    history.add("TaskStateEntered", name="Load Batch")
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskFailed", error="Boom", cause="no")
    history.add("MapIterationFailed", name="Load Batches", index=0)
    history.add("MapStateFailed", error="Boom", cause="no")
    history.add("MapStateExited", name="Load Batches", output="{}")
    found = by_name(history)
    assert found["Load Batch"].status == "FAILED"
    assert (found["Load Batches"].status, found["Load Batches"].error) == ("CAUGHT", "Boom")


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        pytest.param("ExecutionAborted", "ABORTED", id="stopped by hand"),
        pytest.param("ExecutionTimedOut", "ABORTED", id="out of time"),
    ],
)
def test_an_execution_that_is_cut_off_ends_its_open_visits(ending: str, status: str) -> None:
    history = History()
    history.add("TaskStateEntered", name="Plan Conversion")
    history.add("TaskScheduled", resource="invoke")
    history.add(ending, error="", cause="")
    [visit] = history.visits()
    assert visit.status == status
    assert visit.ended_at is not None


def test_a_fail_state_carries_the_error_of_the_execution() -> None:
    history = History()
    history.add("FailStateEntered", name="Refused")
    history.add("ExecutionFailed", error="RunRefused", cause="60 % of the rows are bad")
    [visit] = history.visits()
    assert (visit.status, visit.error) == ("FAILED", "RunRefused")


def test_a_redrive_goes_on_with_the_state_that_had_failed() -> None:
    history = History()
    history.task("Plan Conversion")
    history.add("TaskStateEntered", name="Judge Quality")
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskFailed", error="Boom", cause="no")
    history.add("ExecutionFailed", error="Boom", cause="no")
    assert by_name(history)["Judge Quality"].status == "FAILED"
    history.add("ExecutionRedriven", redriveCount=1)
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskSucceeded", resource="invoke")
    history.add("TaskStateExited", name="Judge Quality", output="{}")
    found = by_name(history)
    assert (found["Judge Quality"].status, found["Judge Quality"].attempts) == ("SUCCEEDED", 2)
    assert found["Plan Conversion"].attempts == 1
