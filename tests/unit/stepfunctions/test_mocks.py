"""Mocked answers of tasks, in the format of Step Functions Local."""

import json

import pytest

from localcloud.stepfunctions.api.errors import ApiError
from localcloud.stepfunctions.integrations.mocks import parse
from tests.unit.stepfunctions.conftest import chain, invoke

RETRY = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1}]
JOB = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName": "j"},
}
CASES = {
    "StateMachines": {
        "machine-0": {
            "TestCases": {
                "Happy": {"Work": "Good", "Job": "Done"},
                "Throttled": {"Work": "LaterGood", "Job": "Done"},
                "Broken": {"Work": "Bad"},
            }
        }
    },
    "MockedResponses": {
        "Good": {"0": {"Return": {"StatusCode": 200, "Payload": 5}}},
        "LaterGood": {
            "0-1": {"Throw": {"Error": "Lambda.TooManyRequestsException", "Cause": "busy"}},
            "2": {"Return": {"StatusCode": 200, "Payload": 7}},
        },
        "Bad": {"0": {"Throw": {"Error": "Broken", "Cause": "it is"}}},
        "Done": {"0": {"Return": {"JobRunState": "SUCCEEDED"}}},
    },
}


@pytest.fixture
def mocked(lab):
    """A lab with a machine of two tasks, and the cases in force."""
    arn = lab.machine(chain(Work=invoke("work", Retry=RETRY), Job=dict(JOB)), name="machine-0")
    lab.sfn.replace_mocks(CASES)

    def start(case):
        return lab.call("StartExecution", stateMachineArn=f"{arn}#{case}")["executionArn"]

    return start


def test_tasks_get_what_the_case_says(lab, mocked):
    arn = mocked("Happy")
    assert json.loads(lab.ended(arn)["output"]) == {"JobRunState": "SUCCEEDED"}
    types = lab.types(arn)
    assert types.count("TaskSubmitted") == 1
    assert [t for t in types if "Succeeded" in t] == [
        "TaskSucceeded",
        "TaskSucceeded",
        "ExecutionSucceeded",
    ]


def test_attempts_are_counted(lab, mocked):
    arn = mocked("Throttled")
    lab.advance(1)
    lab.advance(2)
    assert lab.ended(arn)["status"] == "SUCCEEDED"
    assert lab.types(arn).count("TaskFailed") == 2


def test_what_is_thrown_fails_the_task(lab, mocked):
    described = lab.ended(mocked("Broken"))
    assert (described["error"], described["cause"]) == ("Broken", "it is")


def test_a_case_that_there_is_not_is_told(mocked):
    with pytest.raises(ApiError, match="machine-0#Nothing"):
        mocked("Nothing")


def test_without_mocks_a_case_is_no_part_of_an_arn(lab):
    arn = lab.machine(chain(A={"Type": "Pass"}))
    with pytest.raises(ApiError):
        lab.call("StartExecution", stateMachineArn=f"{arn}#Happy")


@pytest.mark.parametrize(
    "responses",
    [
        pytest.param({}, id="a response that is mocked nowhere"),
        pytest.param({"R": {"first": {"Return": 1}}}, id="no attempt"),
        pytest.param({"R": {"0": {"Give": 1}}}, id="neither Return nor Throw"),
        pytest.param({"R": {"0": {"Return": 1, "Throw": {}}}}, id="two answers"),
    ],
)
def test_what_is_no_configuration_is_refused(responses):
    machines = {"m": {"TestCases": {"c": {"S": "R"}}}}
    with pytest.raises(ValueError, match=r"R|first|Give|0"):
        parse({"StateMachines": machines, "MockedResponses": responses})
