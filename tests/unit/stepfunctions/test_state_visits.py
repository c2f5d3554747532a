"""What each state does, and the events it leaves."""

import json
import threading

from tests.unit.stepfunctions.conftest import FunctionError, chain, invoke


def test_pass_hands_its_result_on(lab):
    assert lab.output(chain(A={"Type": "Pass", "Result": {"a": 1}})) == {"a": 1}


def test_choice_goes_where_its_rule_points(lab):
    machine = {
        "StartAt": "Big?",
        "States": {
            "Big?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericGreaterThan": 9, "Next": "Big"}],
                "Default": "Small",
            },
            "Big": {"Type": "Pass", "Result": "big", "End": True},
            "Small": {"Type": "Pass", "Result": "small", "End": True},
        },
    }
    assert lab.output(machine, {"n": 10}) == "big"
    assert lab.output(machine, {"n": 9}) == "small"


def test_wait_ends_when_the_clock_says_so(lab):
    arn = lab.start(chain(W={"Type": "Wait", "Seconds": 3600}))
    assert lab.call("DescribeExecution", executionArn=arn)["status"] == "RUNNING"
    lab.advance(3600)
    assert lab.ended(arn)["status"] == "SUCCEEDED"


def test_fail_ends_with_its_error(lab):
    described = lab.run(chain(F={"Type": "Fail", "Error": "Oops", "Cause": "because"}))
    assert (described["status"], described["error"], described["cause"]) == (
        "FAILED",
        "Oops",
        "because",
    )


def test_parallel_collects_the_outputs_of_its_branches(lab):
    branches = [chain(**{f"A{n}": {"Type": "Pass", "Result": n}}) for n in range(3)]
    assert lab.output(chain(P={"Type": "Parallel", "Branches": branches})) == [0, 1, 2]


def test_map_keeps_the_order_of_its_items(lab):
    lab.functions["double"] = lambda n: 2 * n
    processor = chain(Double=invoke("double"))
    machine = chain(M={"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": 7})
    assert lab.output(machine, list(range(100))) == [2 * n for n in range(100)]


def test_map_iterates_over_the_members_of_an_object(lab):
    processor = chain(Item={"Type": "Pass"})
    plain = chain(M={"Type": "Map", "ItemProcessor": processor})
    assert lab.output(plain, {"a": 1, "b": [2]}) == [
        {"Key": "a", "Value": 1},
        {"Key": "b", "Value": [2]},
    ]
    selector = {"k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"}
    picked = chain(M={"Type": "Map", "ItemProcessor": processor, "ItemSelector": selector})
    assert lab.output(picked, {"a": 1}) == [{"k": "a", "v": 1, "i": 0}]


def test_a_task_is_retried_and_then_succeeds(lab):
    calls = []

    def flaky(_):
        calls.append(1)
        if len(calls) < 3:
            raise FunctionError("TransientError")
        return "done"

    lab.functions["flaky"] = flaky
    retry = [{"ErrorEquals": ["TransientError"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    arn = lab.start(chain(T=invoke("flaky", Retry=retry)))
    lab.until(lambda: len(calls) == 3, seconds=0.5)
    assert json.loads(lab.ended(arn)["output"]) == "done"
    assert lab.types(arn).count("TaskFailed") == 2


def test_a_failure_is_caught_by_its_name(lab):
    def refuse(_):
        raise FunctionError("FileRefusedError", "no")

    lab.functions["refuse"] = refuse
    catch = [{"ErrorEquals": ["FileRefusedError"], "ResultPath": "$.error", "Next": "Caught"}]
    machine = {
        "StartAt": "T",
        "States": {
            "T": invoke("refuse", Catch=catch, End=True),
            "Caught": {"Type": "Pass", "End": True},
        },
    }
    output = lab.output(machine, {"kept": 1})
    assert output["kept"] == 1
    assert output["error"]["Error"] == "FileRefusedError"


def test_one_failed_item_fails_the_map_and_names_itself(lab):
    def picky(n):
        if n == 3:
            raise FunctionError("Picky")
        return n

    lab.functions["picky"] = picky
    machine = chain(
        M={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": chain(T=invoke("picky"))}
    )
    arn = lab.start(machine, list(range(5)))
    assert lab.ended(arn)["error"] == "Picky"
    types = lab.types(arn)
    assert types[-3:] == ["MapIterationFailed", "MapStateFailed", "ExecutionFailed"]
    assert types.count("MapIterationStarted") == 4


def test_a_failing_iteration_tells_what_it_cut_short(lab):
    """The order and the links are those that AWS was seen to record."""
    route = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "Pause"}],
        "Default": "Long",
    }
    processor = {
        "StartAt": "Route",
        "States": {
            "Route": route,
            "Long": {"Type": "Wait", "Seconds": 15, "End": True},
            "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Boom"},
            "Boom": {"Type": "Fail", "Error": "Boom"},
        },
    }
    arn = lab.start(chain(M={"Type": "Map", "ItemProcessor": processor}), [0, 1])
    lab.advance(1)
    assert lab.ended(arn)["error"] == "Boom"
    *_, failure, iteration, state, failed, map_failed, _ = lab.history(arn)
    assert [event["type"] for event in (failure, iteration, state, failed, map_failed)] == [
        "FailStateEntered",
        "MapIterationAborted",
        "WaitStateAborted",
        "MapIterationFailed",
        "MapStateFailed",
    ]
    links = {event["previousEventId"] for event in (iteration, state, failed, map_failed)}
    assert links == {failure["id"]}
    assert iteration["mapIterationAbortedEventDetails"] == {"name": "M", "index": 0}


def test_a_task_that_takes_too_long_times_out(lab):
    asked = threading.Event()
    lab.functions["ask"] = lambda _: asked.set()
    arn = lab.start(
        chain(
            T={
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
                "TimeoutSeconds": 60,
            }
        )
    )
    assert asked.wait(10)
    lab.advance(61)
    assert lab.ended(arn)["error"] == "States.Timeout"
    assert "TaskTimedOut" in lab.types(arn)
