"""Callbacks and activities: first answer wins, late answers are told so."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from localcloud.stepfunctions import ApiError
from tests.unit.stepfunctions.conftest import chain


def ask(**fields):
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": "ask",
            "Payload": {"token.$": "$$.Task.Token", "input.$": "$"},
        },
        **fields,
    }


@pytest.fixture
def tokens(lab):
    """Tokens by the input of the execution that asks; `wait(n)` for n of them."""

    class Tokens(dict):
        def __init__(self):
            self.changed = threading.Condition()

        def __call__(self, payload):
            with self.changed:
                self[payload["input"]] = payload["token"]
                self.changed.notify_all()

        def wait(self, count):
            with self.changed:
                assert self.changed.wait_for(lambda: len(self) >= count, 30)
            return list(self.values())

    tokens = Tokens()
    lab.functions["ask"] = tokens
    return tokens


def test_the_answer_is_the_states_result(lab, tokens):
    arn = lab.start(chain(T=ask()), 1)
    (token,) = tokens.wait(1)
    lab.call("SendTaskSuccess", taskToken=token, output='{"approved":true}')
    assert json.loads(lab.ended(arn)["output"]) == {"approved": True}
    assert lab.types(arn)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_failure_is_caught_by_its_name(lab, tokens):
    catch = [{"ErrorEquals": ["Rejected"], "Next": "Caught"}]
    machine = {
        "StartAt": "T",
        "States": {
            "T": ask(Catch=catch, End=True),
            "Caught": {"Type": "Pass", "End": True},
        },
    }
    arn = lab.start(machine, 1)
    (token,) = tokens.wait(1)
    lab.call("SendTaskFailure", taskToken=token, error="Rejected", cause="no")
    assert json.loads(lab.ended(arn)["output"]) == {"Error": "Rejected", "Cause": "no"}


def test_a_function_may_answer_before_it_returns(lab):
    def answer(payload):
        lab.call("SendTaskSuccess", taskToken=payload["token"], output="42")

    lab.functions["ask"] = answer
    assert lab.output(chain(T=ask()), 1) == 42


def test_the_second_answer_is_too_late(lab, tokens):
    arn = lab.start(chain(T=ask()), 1)
    (token,) = tokens.wait(1)
    lab.call("SendTaskSuccess", taskToken=token, output="1")
    for action, params in (
        ("SendTaskSuccess", {"output": "2"}),
        ("SendTaskFailure", {}),
        ("SendTaskHeartbeat", {}),
    ):
        assert lab.refused(action, taskToken=token, **params) == "TaskTimedOut"
    assert lab.ended(arn)["output"] == "1"


def test_an_answer_after_the_timeout_is_too_late(lab, tokens):
    arn = lab.start(chain(T=ask(TimeoutSeconds=60)), 1)
    (token,) = tokens.wait(1)
    lab.advance(60)
    assert lab.ended(arn)["error"] == "States.Timeout"
    assert lab.refused("SendTaskSuccess", taskToken=token, output="1") == "TaskTimedOut"


def test_an_answer_to_a_stopped_execution_is_too_late(lab, tokens):
    arn = lab.start(chain(T=ask()), 1)
    (token,) = tokens.wait(1)
    lab.call("StopExecution", executionArn=arn)
    assert lab.refused("SendTaskSuccess", taskToken=token, output="1") == "TaskTimedOut"


def test_what_is_no_token_and_what_is_no_json_are_refused(lab, tokens):
    lab.start(chain(T=ask()), 1)
    (token,) = tokens.wait(1)
    assert lab.refused("SendTaskSuccess", taskToken="made up", output="1") == "InvalidToken"
    forged = token[:-4] + "AAAA"
    assert lab.refused("SendTaskSuccess", taskToken=forged, output="1") == "InvalidToken"
    assert lab.refused("SendTaskSuccess", taskToken=token, output="{") == "InvalidOutput"


def test_heartbeats_keep_a_task_alive_but_not_past_its_timeout(lab, tokens):
    arn = lab.start(chain(T=ask(TimeoutSeconds=100, HeartbeatSeconds=30)), 1)
    (token,) = tokens.wait(1)
    for _ in range(4):
        lab.advance(20)
        lab.call("SendTaskHeartbeat", taskToken=token)
    assert lab.call("DescribeExecution", executionArn=arn)["status"] == "RUNNING"
    lab.advance(21)
    assert lab.ended(arn)["error"] == "States.Timeout"


def test_silence_ends_a_task_with_a_heartbeat(lab, tokens):
    arn = lab.start(chain(T=ask(TimeoutSeconds=100, HeartbeatSeconds=30)), 1)
    tokens.wait(1)
    lab.advance(31)
    assert lab.ended(arn)["error"] == "States.Timeout"


def test_silence_is_caught_by_its_own_name(lab, tokens):
    machine = chain(T=ask(HeartbeatSeconds=30), Caught={"Type": "Pass"})
    machine["States"]["T"] |= {
        "End": True,
        "Catch": [
            {"ErrorEquals": ["States.DataLimitExceeded"], "Next": "T"},
            {"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Caught"},
        ],
    }
    del machine["States"]["T"]["Next"]
    arn = lab.start(machine, 1)
    tokens.wait(1)
    lab.advance(31)
    assert json.loads(lab.ended(arn)["output"]) == {"Error": "States.Timeout", "Cause": ""}


def test_silence_does_not_count_while_the_function_runs(lab):
    begun, go_on = threading.Event(), threading.Event()

    def slow(_):
        begun.set()
        assert go_on.wait(30)

    lab.functions["ask"] = slow
    arn = lab.start(chain(T=ask(HeartbeatSeconds=30)), 1)
    assert begun.wait(30)
    lab.advance(31)
    go_on.set()
    assert lab.call("DescribeExecution", executionArn=arn)["status"] == "RUNNING"


def test_a_bad_token_is_told_before_a_bad_output(lab):
    assert lab.refused("SendTaskSuccess", taskToken="none", output="no JSON") == "InvalidToken"


def test_each_retry_has_a_token_of_its_own(lab, tokens):
    retry = [{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    arn = lab.start(chain(T=ask(Retry=retry)), 1)
    (first,) = tokens.wait(1)
    lab.call("SendTaskFailure", taskToken=first, error="Again")
    lab.until(lambda: tokens[1] != first, seconds=1)
    lab.call("SendTaskSuccess", taskToken=tokens[1], output="1")
    assert lab.ended(arn)["status"] == "SUCCEEDED"


def test_a_thousand_executions_started_and_answered_from_sixteen_threads(lab, tokens):
    machine = lab.machine(chain(T=ask()))
    won, lost, lock = [], [], threading.Lock()

    def start(number):
        return lab.call(
            "StartExecution", stateMachineArn=machine, name=f"n{number}", input=str(number)
        )["executionArn"]

    def answer(number):
        try:
            lab.call("SendTaskSuccess", taskToken=tokens[number // 2], output=str(number))
        except ApiError as error:
            with lock:
                lost.append(error.code)
        else:
            with lock:
                won.append(number)

    with ThreadPoolExecutor(16) as threads:
        arns = list(threads.map(start, range(1000)))
        tokens.wait(1000)
        list(threads.map(answer, range(2000)))
    outputs = {number: int(lab.ended(arn)["output"]) for number, arn in enumerate(arns)}
    assert sorted(outputs.values()) == sorted(won)
    assert all(output // 2 == number for number, output in outputs.items())
    assert len(won) == 1000
    assert lost == ["TaskTimedOut"] * 1000


def test_a_worker_fetches_an_activitys_task_and_answers_it(lab):
    arn = lab.call("CreateActivity", name="review")["activityArn"]
    machine = chain(T={"Type": "Task", "Resource": arn, "HeartbeatSeconds": 50})
    execution = lab.start(machine, {"a": 1})
    task = lab.call("GetActivityTask", activityArn=arn, workerName="ann")
    assert json.loads(task["input"]) == {"a": 1}
    lab.call("SendTaskSuccess", taskToken=task["taskToken"], output='"fine"')
    assert lab.ended(execution)["output"] == '"fine"'
    types = lab.types(execution)
    assert types[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    started = lab.history(execution)[3]["activityStartedEventDetails"]
    assert started == {"workerName": "ann"}


def test_a_worker_without_a_task_is_sent_away_after_a_minute(lab):
    arn = lab.call("CreateActivity", name="idle")["activityArn"]
    answers = []
    thread = threading.Thread(
        target=lambda: answers.append(lab.call("GetActivityTask", activityArn=arn))
    )
    thread.start()
    while not answers:
        lab.advance(10)
    thread.join(10)
    assert answers == [{}]


def test_activities_are_described_listed_and_deleted(lab):
    arn = lab.call("CreateActivity", name="a", tags=[{"key": "k", "value": "v"}])["activityArn"]
    assert lab.call("CreateActivity", name="a")["activityArn"] == arn
    assert lab.call("DescribeActivity", activityArn=arn)["name"] == "a"
    assert lab.call("ListTagsForResource", resourceArn=arn)["tags"] == [{"key": "k", "value": "v"}]
    assert [a["name"] for a in lab.call("ListActivities")["activities"]] == ["a"]
    lab.call("DeleteActivity", activityArn=arn)
    assert lab.refused("DescribeActivity", activityArn=arn) == "ActivityDoesNotExist"
