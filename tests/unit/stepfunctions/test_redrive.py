"""RedriveExecution: only what did not succeed runs again."""

import json

import pytest

from localcloud.stepfunctions import ApiError
from tests.unit.stepfunctions.conftest import FunctionError, chain, invoke


@pytest.fixture
def calls(lab):
    """Counts calls by function and argument; `broken` items fail until they are taken out."""

    class Calls:
        def __init__(self):
            self.made = []
            self.broken = set()

        def function(self, value):
            self.made.append(value)
            if value in self.broken:
                raise FunctionError("BrokenError")
            return value

    calls = Calls()
    lab.functions["work"] = calls.function
    return calls


def redriven(lab, arn):
    lab.call("RedriveExecution", executionArn=arn)
    return lab.ended(arn)


def test_the_failed_state_runs_again_and_those_before_it_do_not(lab, calls):
    machine = chain(
        A=invoke("work", Parameters={"FunctionName": "work", "Payload": '"a"'}, ResultPath="$.a"),
        B=invoke("work", Parameters={"FunctionName": "work", "Payload": '"b"'}, ResultPath="$.b"),
    )
    for state in machine["States"].values():
        state.pop("OutputPath")
    calls.broken = {"b"}
    arn = lab.start(machine, {"kept": 1})
    assert lab.ended(arn)["status"] == "FAILED"
    calls.broken = set()
    described = redriven(lab, arn)
    assert described["status"] == "SUCCEEDED"
    assert described["redriveCount"] == 1
    assert calls.made == ["a", "b", "b"]
    assert json.loads(described["output"])["kept"] == 1
    types = lab.types(arn)
    assert types[types.index("ExecutionRedriven") + 1] == "TaskScheduled"
    assert types.count("TaskStateEntered") == 2


def test_only_failed_and_unbegun_iterations_of_a_map_run_again(lab, calls):
    machine = chain(
        M={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": chain(T=invoke("work"))}
    )
    calls.broken = {2}
    arn = lab.start(machine, [0, 1, 2, 3])
    assert lab.ended(arn)["status"] == "FAILED"
    calls.broken = set()
    assert json.loads(redriven(lab, arn)["output"]) == [0, 1, 2, 3]
    assert calls.made == [0, 1, 2, 2, 3]


def test_only_failed_branches_of_a_parallel_run_again(lab, calls):
    def branch(name):
        return chain(
            **{name: invoke("work", Parameters={"FunctionName": "work", "Payload": f'"{name}"'})},
            **{f"{name} done": {"Type": "Pass"}},
        )

    machine = chain(
        P={"Type": "Parallel", "Branches": [branch("x"), branch("y")]},
    )
    calls.broken = {"y"}
    arn = lab.start(machine)
    assert lab.ended(arn)["status"] == "FAILED"
    calls.broken = set()
    assert json.loads(redriven(lab, arn)["output"]) == ["x", "y"]
    assert calls.made.count("y") == 2


def test_a_redriven_map_run_keeps_the_children_that_succeeded(lab, calls):
    processor = {
        **chain(T=invoke("work")),
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    machine = chain(M={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor})
    calls.broken = {1}
    arn = lab.start(machine, [0, 1, 2])
    assert lab.ended(arn)["error"] == "States.ExceedToleratedFailureThreshold"
    calls.broken = set()
    assert json.loads(redriven(lab, arn)["output"]) == [0, 1, 2]
    assert calls.made == [0, 1, 1, 2]
    (run,) = lab.call("ListMapRuns", executionArn=arn)["mapRuns"]
    described = lab.call("DescribeMapRun", mapRunArn=run["mapRunArn"])
    assert described["redriveCount"] == 1
    assert described["itemCounts"]["succeeded"] == 3
    assert "MapRunRedriven" in lab.types(arn)


def test_retries_begin_anew_after_a_redrive(lab, calls):
    retry = [{"ErrorEquals": ["BrokenError"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    machine = chain(T=invoke("work", Retry=retry))
    calls.broken = {7}
    arn = lab.start(machine, 7)
    lab.until(lambda: len(calls.made) == 2, seconds=1)
    assert lab.ended(arn)["status"] == "FAILED"
    lab.call("RedriveExecution", executionArn=arn)
    lab.until(lambda: len(calls.made) == 4, seconds=1)
    assert lab.ended(arn)["status"] == "FAILED"
    assert len(calls.made) == 4


def test_a_stopped_execution_goes_on_where_it_stood(lab):
    machine = chain(A={"Type": "Pass"}, W={"Type": "Wait", "Seconds": 100}, B={"Type": "Pass"})
    arn = lab.start(machine)
    lab.call("StopExecution", executionArn=arn, error="Stopped", cause="by hand")
    assert lab.ended(arn)["status"] == "ABORTED"
    lab.call("RedriveExecution", executionArn=arn)
    lab.advance(100)
    assert lab.ended(arn)["status"] == "SUCCEEDED"
    assert lab.types(arn).count("WaitStateEntered") == 1


def test_a_redriven_execution_has_its_whole_timeout_again(lab):
    machine = {**chain(W={"Type": "Wait", "Seconds": 100}), "TimeoutSeconds": 50}
    arn = lab.start(machine)
    lab.advance(50)
    assert lab.ended(arn)["status"] == "TIMED_OUT"
    lab.call("RedriveExecution", executionArn=arn)
    assert lab.call("DescribeExecution", executionArn=arn)["status"] == "RUNNING"
    lab.advance(50)
    assert lab.ended(arn)["status"] == "TIMED_OUT"


def test_what_succeeded_cannot_be_redriven(lab):
    arn = lab.start(chain(A={"Type": "Pass"}))
    lab.ended(arn)
    with pytest.raises(ApiError) as refused:
        lab.call("RedriveExecution", executionArn=arn)
    assert refused.value.code == "ExecutionNotRedrivable"


def test_two_weeks_later_it_is_too_late(lab):
    arn = lab.start(chain(F={"Type": "Fail"}))
    lab.ended(arn)
    lab.advance(15 * 24 * 3600)
    with pytest.raises(ApiError) as refused:
        lab.call("RedriveExecution", executionArn=arn)
    assert refused.value.code == "ExecutionNotRedrivable"


def test_a_redrive_is_announced_with_its_count_and_its_date(lab):
    arn = lab.start(chain(W={"Type": "Wait", "Seconds": 100}))
    lab.call("StopExecution", executionArn=arn)
    lab.ended(arn)
    redriven_at = lab.call("RedriveExecution", executionArn=arn)["redriveDate"]
    lab.advance(100)
    lab.ended(arn)

    def hear(number):
        while len(lab.changes) < number:
            pass

    lab.within(lambda: hear(4))  # listeners are told on a thread of their own
    started, stopped, redriven, succeeded = lab.changes
    assert (started["status"], started["redriveCount"], started["redriveDate"]) == (
        "RUNNING",
        0,
        None,
    )
    assert (redriven["status"], redriven["redriveCount"], redriven["stopDate"]) == (
        "RUNNING",
        1,
        None,
    )
    assert redriven["redriveDate"] == round(redriven_at * 1000)
    assert stopped["redriveStatus"] == "REDRIVABLE"
    assert stopped["redriveStatusReason"] is None
    assert redriven["redriveStatus"] == started["redriveStatus"] == "NOT_REDRIVABLE"
    assert redriven["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven"
    assert succeeded["redriveCount"] == 1
