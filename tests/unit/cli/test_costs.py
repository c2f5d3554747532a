"""What a run used, stage by stage, and what that costs."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from pipeline.runs.stages import STAGES
from sluice.runs.costs import STAGE_OF, Usage, bill, call_usage, job_usage
from sluice.runs.history import Attempt, StateVisit
from tests.support.runs import START
from tests.unit.cli.test_history_visits import History

DEFINITION = Path(__file__).parents[3] / "statemachine/csv_pipeline.asl.json"


def visited(name: str, *seconds: float, waits: float = 0) -> StateVisit:
    """A Task with an attempt of each of these seconds, which then waits for its token."""
    history = History()
    history.task(name)
    [visit] = history.visits()
    tries = []
    for each in seconds:
        answered = START + timedelta(seconds=each)
        ended = answered + timedelta(seconds=waits)
        tries.append(
            Attempt(began_at=START, answered_at=answered if waits else None, ended_at=ended)
        )
    made = {name: getattr(visit, name) for name in visit.__slots__}
    return StateVisit(**made | {"tries": tuple(tries), "attempts": len(tries)})


def test_a_bill_tells_each_stage_that_a_run_came_to() -> None:
    visits = [
        visited("Open Run", 1),
        visited("Plan Conversion", 2, 4),
        visited("Convert Small", 10),
        visited("Request Approval", 1, waits=86_400),
        visited("Commit Decision"),
        visited("Load Batches"),
    ]
    memory = dict.fromkeys(("Plan Conversion", "Convert Small", "Request Approval"), Decimal(2))
    known = bill(visits, memory, {"Load Batches": Usage(write_units=Decimal(1_000))})
    assert list(known.stages) == ["validate", "convert", "wait", "load"]
    convert = known.stages["convert"]
    assert (convert.transitions, convert.invocations, convert.gb_seconds) == (3, 3, 32)
    assert known.stages["wait"].gb_seconds == 2, "waiting for a person costs nothing"
    assert known.stages["load"].write_units == 1_000
    assert known.total.dollars == sum(stage.dollars for stage in known.stages.values())
    assert known.words.startswith("about $0.0013 at list prices (load 0.00068, convert 0.00050")


def test_a_state_opens_each_stage_that_a_run_is_measured_by() -> None:
    definition = json.loads(DEFINITION.read_text())
    assert set(STAGE_OF) <= set(definition["States"])
    assert tuple(STAGE_OF.values()) == STAGES


def test_a_job_is_billed_for_a_minute_at_least() -> None:
    assert job_usage(12, Decimal(2)).dpu_seconds == 120
    assert job_usage(90.5, Decimal(2)).dpu_seconds == 181
    assert call_usage(2, Decimal("0.5")).gb_seconds == 1


def test_the_attempts_of_a_task_have_their_times_and_errors() -> None:
    history = History()
    history.add("TaskStateEntered", name="Ask")
    history.add("TaskScheduled", resource="invoke")
    history.add("TaskStarted", resource="invoke")
    history.add("TaskFailed", error="Lambda.ServiceException", cause="")
    history.add("TaskScheduled", resource="invoke.waitForTaskToken")
    history.add("TaskStarted", resource="invoke.waitForTaskToken")
    history.add("TaskSubmitted", resource="invoke.waitForTaskToken")
    first, second = history.visits()[0].tries
    after = [(each - START).total_seconds() for each in (first.began_at, first.ended_at) if each]
    assert (after, first.error) == ([4, 5], "Lambda.ServiceException")
    assert (second.answered_at, second.ended_at) == (START + timedelta(seconds=8), None)
    history.add("ExecutionAborted")
    assert history.visits()[0].tries[1].ended_at == START + timedelta(seconds=9)
