"""The comparison of histories with recorded ones."""

import json

import pytest

from benchmarks.conformance import compare, main
from benchmarks.recordings import Case, agrees

STARTED = {
    "executionStartedEventDetails": {
        "input": {"a": 1},
        "inputDetails": {"truncated": False},
        "roleArn": "snf_role_arn",
    },
    "id": 1,
    "previousEventId": 0,
    "type": "ExecutionStarted",
}
ENDED = {
    "executionSucceededEventDetails": {
        "output": {"a": 1},
        "outputDetails": {"truncated": False},
    },
    "id": 4,
    "previousEventId": 3,
    "type": "ExecutionSucceeded",
}
DEFINITION = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def passed(kind, event_id, **members):
    return {
        "id": event_id,
        "previousEventId": 0 if event_id == 2 else 2,
        f"state{kind}EventDetails": {"name": "A", **members},
        "type": f"PassState{kind}",
    }


EVENTS = [
    STARTED,
    passed("Entered", 2, input={"a": 1}, inputDetails={"truncated": False}),
    passed("Exited", 3, output={"a": 1}, outputDetails={"truncated": False}),
    ENDED,
]


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("<uuid:1>", "5c011aec", True),
        ("<<task_token>:1>", "bBZ4", True),
        ("activity_arn", "arn:aws:states:us-east-1:1234:activity:a", True),
        ("arn:<partition>:states:<region>:111111111111:x", "arn:aws:states:eu:1234:x", True),
        ("arn:<partition>:y", "arn:aws:x", False),
        ({"a": ["date", 1]}, '{"a":["2024-01-01",1]}', True),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ("[1, 2]", "[1,2]", True),
        ("plain", "other", False),
    ],
)
def test_values_agree(expected, actual, same):
    assert agrees(expected, actual) is same


def test_a_history_that_agrees():
    verdict = compare(Case("tests/aws/v2/base/test.py::T::test_x#y", DEFINITION, EVENTS))
    assert (verdict.path, verdict.differences) == (True, [])


def test_a_history_that_differs_in_detail_or_path():
    changed = {**ENDED, "executionSucceededEventDetails": {"output": {"a": 2}}}
    verdict = compare(Case("a/base/t.py::x", DEFINITION, [*EVENTS[:3], changed]))
    assert verdict.path
    assert len(verdict.differences) == 2
    verdict = compare(Case("a/base/t.py::x", DEFINITION, EVENTS[:3]))
    assert not verdict.path


def test_an_activity_is_started_by_the_recorded_worker():
    arn = "arn:aws:states:us-east-1:111111111111:activity:a"
    state = {"Type": "Task", "Resource": arn, "End": True}
    untruncated = {"truncated": False}
    started = {**STARTED["executionStartedEventDetails"]}
    events = [
        {**STARTED, "executionStartedEventDetails": started},
        {
            "id": 2,
            "previousEventId": 0,
            "stateEnteredEventDetails": {
                "name": "A",
                "input": {"a": 1},
                "inputDetails": untruncated,
            },
            "type": "TaskStateEntered",
        },
        {
            "activityScheduledEventDetails": {
                "resource": arn,
                "input": {"a": 1},
                "inputDetails": untruncated,
            },
            "id": 3,
            "previousEventId": 2,
            "type": "ActivityScheduled",
        },
        {
            "activityStartedEventDetails": {"workerName": "w"},
            "id": 4,
            "previousEventId": 3,
            "type": "ActivityStarted",
        },
        {
            "activityFailedEventDetails": {"error": "E", "cause": "C"},
            "id": 5,
            "previousEventId": 4,
            "type": "ActivityFailed",
        },
        {
            "executionFailedEventDetails": {"error": "E", "cause": "C"},
            "id": 6,
            "previousEventId": 5,
            "type": "ExecutionFailed",
        },
    ]
    machine = {"StartAt": "A", "States": {"A": state}}
    assert compare(Case("a/activities/t.py::x", machine, events)).differences == []


def test_the_report(tmp_path, capsys):
    name = "tests/aws/v2/base/test.py::T::test_x#y"
    file = tmp_path / "histories.json"
    file.write_text(json.dumps({name: {"definition": DEFINITION, "events": EVENTS}}))
    assert main([str(file)]) == 0
    assert "path 100.0%, detail 100.0%" in capsys.readouterr().out
    assert main([str(file), "--diff", "test_x"]) == 0
    assert "test_x agrees" in capsys.readouterr().out
