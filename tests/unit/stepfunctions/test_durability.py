"""What a restarted service goes on with."""

import itertools
import json
import os
import threading

import pytest

from localcloud.clock import Clock
from localcloud.stepfunctions import StepFunctions
from localcloud.stepfunctions.durability.journal import Journal
from localcloud.stepfunctions.durability.store import COMPACT_BYTES, DataInUseError
from tests.unit.stepfunctions.conftest import chain, invoke

ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
    "TimeoutSeconds": 3600,
}


@pytest.fixture(params=[COMPACT_BYTES, 1], ids=["", "compacted all the time"])
def restart(new_lab, tmp_path, request):
    """Makes a lab on the same data; the one before is left behind as a kill would leave it."""

    def make(**functions):
        return new_lab(data_dir=tmp_path, functions=functions, compact_bytes=request.param)

    return make


class Asked:
    """A function that keeps the token that it is asked with."""

    def __init__(self):
        self.tokens = []
        self.arrived = threading.Event()

    def __call__(self, payload):
        self.tokens.append(payload["token"])
        self.arrived.set()


def submitted(lab, arn):
    lab.until(lambda: "TaskSubmitted" in lab.types(arn))


def test_a_waiting_approval_goes_on_under_the_same_token(restart):
    ask = Asked()
    first = restart(ask=ask)
    arn = first.start(chain(A={"Type": "Pass", "Result": 1, "ResultPath": "$.a"}, T=ASK), {"b": 2})
    submitted(first, arn)
    before = first.history(arn)
    first.close()

    second = restart()
    assert second.history(arn) == before
    assert second.call("DescribeExecution", executionArn=arn)["status"] == "RUNNING"
    second.call("SendTaskSuccess", taskToken=ask.tokens[0], output='{"ok":true}')
    described = second.ended(arn)
    assert json.loads(described["output"]) == {"ok": True}
    assert second.types(arn)[-3:] == ["TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]


def test_a_timeout_counts_from_before_the_restart(restart):
    ask = Asked()
    first = restart(ask=ask)
    arn = first.start(chain(T=ASK))
    submitted(first, arn)
    first.close()
    second = restart()
    second.advance(3601)
    assert second.ended(arn)["error"] == "States.Timeout"


def test_a_function_that_ran_is_lost_and_retried(restart):
    running = threading.Event()
    never = threading.Event()

    def hang(_):
        running.set()
        never.wait(20)

    retry = [{"ErrorEquals": ["Lambda.SdkClientException"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    first = restart(work=hang)
    arn = first.start(chain(T=invoke("work", Retry=retry)), 5)
    assert running.wait(10)
    first.close()

    second = restart(work=lambda n: n * 2)
    second.advance(2)
    described = second.ended(arn)
    never.set()
    assert described["output"] == "10"
    types = second.types(arn)
    assert types.count("TaskFailed") == 1
    assert types.count("TaskScheduled") == 2


def test_finished_iterations_do_not_run_again(restart):
    made = []
    ask = Asked()
    first = restart(ask=ask, work=made.append)
    processor = chain(T=invoke("work", ResultPath=None, OutputPath="$"), Ask=dict(ASK))
    arn = first.start(chain(M={"Type": "Map", "ItemProcessor": processor}), [1, 2])
    first.until(lambda: first.types(arn).count("TaskSubmitted") == 2)
    first.call("SendTaskSuccess", taskToken=ask.tokens[0], output='"first"')
    first.until(lambda: "MapIterationSucceeded" in first.types(arn))
    first.close()

    second = restart(ask=ask, work=made.append)
    second.call("SendTaskSuccess", taskToken=ask.tokens[1], output='"second"')
    assert sorted(json.loads(second.ended(arn)["output"])) == ["first", "second"]
    assert sorted(made) == [1, 2]
    assert second.types(arn).count("MapIterationStarted") == 2


def test_what_ended_ninety_days_ago_is_forgotten(new_lab, tmp_path):
    first = new_lab(data_dir=tmp_path, functions={"ask": Asked()})
    processor = {
        **chain(I={"Type": "Pass"}),
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    old = first.start(chain(M={"Type": "Map", "ItemProcessor": processor}), [1])
    first.ended(old)
    waiting = first.start(chain(Ask=dict(ASK)))
    submitted(first, waiting)
    first.close()

    clock = Clock()
    clock.advance(89 * 24 * 3600)
    second = new_lab(data_dir=tmp_path, clock=clock)
    assert second.call("DescribeExecution", executionArn=old)["status"] == "SUCCEEDED"
    second.close()

    clock = Clock()
    clock.advance(91 * 24 * 3600)
    third = new_lab(data_dir=tmp_path, clock=clock)
    assert [*third.sfn.runtime.executions] == [waiting]
    assert not third.sfn.runtime.map_runs


def test_a_map_run_goes_on_with_the_children_that_remain(restart):
    ask = Asked()
    first = restart(ask=ask)
    processor = {
        **chain(Ask=dict(ASK)),
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    arn = first.start(chain(M={"Type": "Map", "ItemProcessor": processor}), [1, 2, 3])
    first.until(lambda: len(ask.tokens) == 3)
    (run,) = first.call("ListMapRuns", executionArn=arn)["mapRuns"]
    children = first.call("ListExecutions", mapRunArn=run["mapRunArn"])["executions"]
    for child in children:
        submitted(first, child["executionArn"])
    first.call("SendTaskSuccess", taskToken=ask.tokens[0], output="10")
    first.close()

    second = restart(ask=ask)
    for token in ask.tokens[1:]:
        second.call("SendTaskSuccess", taskToken=token, output="20")
    assert sorted(json.loads(second.ended(arn)["output"])) == [10, 20, 20]
    described = second.call("DescribeMapRun", mapRunArn=run["mapRunArn"])
    assert described["itemCounts"]["succeeded"] == 3
    assert described["redriveCount"] == 0


def test_a_wait_ends_when_it_would_have(restart):
    first = restart()
    arn = first.start(chain(W={"Type": "Wait", "Seconds": 100}))
    first.advance(0)
    first.close()
    second = restart()
    second.advance(101)
    assert second.ended(arn)["status"] == "SUCCEEDED"


def test_variables_and_machines_survive_three_lives(restart):
    machine = {
        "QueryLanguage": "JSONata",
        **chain(
            A={"Type": "Pass", "Assign": {"x": 41}},
            W={"Type": "Wait", "Seconds": 100},
            B={"Type": "Pass", "Output": "{% $x + 1 %}"},
        ),
    }
    first = restart()
    arn = first.start(machine)
    first.advance(0)
    first.close()
    restart().close()
    third = restart()
    third.advance(101)
    assert third.ended(arn)["output"] == "42"
    (shown,) = third.call("ListStateMachines")["stateMachines"]
    (listed,) = third.call("ListExecutions", stateMachineArn=shown["stateMachineArn"])["executions"]
    assert listed["status"] == "SUCCEEDED"


def test_a_failed_execution_is_redriven_in_another_life(restart):
    made = []
    first = restart(work=lambda _: {}["broken"])
    arn = first.start(chain(A={"Type": "Pass"}, T=invoke("nobody")), 3)
    assert first.ended(arn)["error"] == "Lambda.ResourceNotFoundException"
    first.close()
    second = restart(nobody=made.append)
    second.call("RedriveExecution", executionArn=arn)
    assert second.ended(arn)["status"] == "SUCCEEDED"
    assert made == [3]


def test_a_record_cut_off_in_the_middle_is_left_out(restart, tmp_path):
    first = restart()
    arn = first.start(chain(W={"Type": "Wait", "Seconds": 100}))
    first.advance(0)
    first.close()
    journal = tmp_path / "stepfunctions.jsonl"
    journal.write_bytes(journal.read_bytes() + b'["event",0,[],[3,"Wait')
    second = restart()
    second.advance(101)
    assert second.ended(arn)["status"] == "SUCCEEDED"


def test_a_restart_does_not_run_tolerated_failures_again(restart):
    made = []
    ask = Asked()

    def work(value):
        made.append(value)
        raise KeyError(value)

    processor = {
        "StartAt": "Bad?",
        "States": {
            "Bad?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "Bad"}],
                "Default": "Ask",
            },
            "Bad": {**invoke("work"), "End": True},
            "Ask": {**ASK, "End": True},
        },
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    machine = chain(M={"Type": "Map", "ToleratedFailureCount": 1, "ItemProcessor": processor})
    first = restart(ask=ask, work=work)
    arn = first.start(machine, [1, 2])
    first.until(lambda: ask.tokens and made)
    (run,) = first.call("ListMapRuns", executionArn=arn)["mapRuns"]

    def counts(lab):
        return lab.call("DescribeMapRun", mapRunArn=run["mapRunArn"])["itemCounts"]

    first.until(lambda: counts(first)["failed"] == 1)
    for child in first.call("ListExecutions", mapRunArn=run["mapRunArn"])["executions"]:
        if child["status"] == "RUNNING":
            submitted(first, child["executionArn"])
    first.close()
    second = restart(work=work)
    second.call("SendTaskSuccess", taskToken=ask.tokens[0], output="5")
    assert second.ended(arn)["status"] == "SUCCEEDED"
    assert made == [1]
    assert counts(second)["failed"] == 1


def test_nothing_goes_on_before_it_may(restart, tmp_path):
    ask = Asked()
    first = restart(ask=ask)
    arn = first.start(chain(T=ASK))
    submitted(first, arn)
    first.close()
    clock = Clock()
    sfn = StepFunctions(
        clock,
        account="000000000000",
        region="us-east-1",
        invoke_lambda=lambda *_: None,
        client=lambda _: None,
        data_dir=tmp_path,
    )
    sfn.call("SendTaskSuccess", {"taskToken": ask.tokens[0], "output": "1"})
    assert sfn.call("DescribeExecution", {"executionArn": arn})["status"] == "RUNNING"
    sfn.resume()
    sfn.close()
    clock.close()
    second = restart()
    assert second.ended(arn)["output"] == "1"


def test_two_clouds_do_not_share_their_data(restart, new_lab, tmp_path):
    restart()
    with pytest.raises(DataInUseError, match="in use"):
        new_lab(data_dir=tmp_path)


def test_each_record_is_settled_on_the_disk_if_that_is_wanted(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.machine_gone("a")
    sizes = []
    journal.settle = lambda descriptor: sizes.append(os.fstat(descriptor).st_size)
    journal.machine_gone("b")
    journal.machine_gone("c")
    journal.close()
    line = len('["machine-gone","a"]\n')
    assert sizes == [2 * line, 3 * line]


def test_executions_survive_with_fsync_as_without(new_lab, tmp_path):
    first = new_lab(data_dir=tmp_path, fsync=True)
    arn = first.start(chain(A={"Type": "Pass"}))
    first.ended(arn)
    first.close()
    second = new_lab(data_dir=tmp_path, fsync=True)
    assert second.call("DescribeExecution", executionArn=arn)["status"] == "SUCCEEDED"


def test_the_journal_is_compacted_while_executions_run(new_lab, tmp_path):
    ask = Asked()
    lab = new_lab(data_dir=tmp_path, functions={"ask": ask}, compact_bytes=20_000)
    waiting = lab.start(chain(T=ASK), {"kept": "x" * 1_000})
    submitted(lab, waiting)
    machine = lab.machine(chain(A={"Type": "Pass"}))
    sizes = []
    for _ in range(60):
        started = lab.call("StartExecution", stateMachineArn=machine, input=json.dumps("y" * 9_000))
        lab.ended(started["executionArn"])
        sizes.append((tmp_path / "stepfunctions.jsonl").stat().st_size)
    assert any(after < before for before, after in itertools.pairwise(sizes))
    lab.close()

    after = new_lab(data_dir=tmp_path, functions={"ask": ask})
    after.call("SendTaskSuccess", taskToken=ask.tokens[0], output="1")
    assert after.ended(waiting)["output"] == "1"
