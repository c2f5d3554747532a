from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pipeline.runs.faults import is_service_fault

DEFINITION = (Path(__file__).parents[3] / "statemachine/csv_pipeline.asl.json").read_text()


@pytest.mark.parametrize(
    ("error", "cause", "is_fault"),
    [
        pytest.param("Lambda.TooManyRequestsException", "", True, id="throttled"),
        pytest.param("Lambda.ServiceException", "", True, id="5xx"),
        pytest.param("TransientError", "SlowDown", True, id="a service behind a function"),
        pytest.param("Sandbox.Timedout", "", True, id="a function ran out of time"),
        pytest.param("States.Timeout", "", True, id="nobody answered"),
        pytest.param("States.TaskFailed", "java.io.IOException: No space left on device", True,
                     id="the job's disk is full"),
        pytest.param("States.TaskFailed", "Error: SlowDown; Status Code: 503", True,
                     id="S3 throttled the job"),
        pytest.param("States.TaskFailed", "EngineError: a split broke", False, id="the job broke"),
        pytest.param("EngineError", "IOException: No space left on device", True,
                     id="the function's disk is full"),
        pytest.param("Runtime.ExitError", "", False, id="the function died"),
        pytest.param("Lambda.Unknown", "", False, id="out of memory"),
        pytest.param("ContractError", "Throttling is no type", False, id="the contract"),
        pytest.param("KeyError", "SlowDown", False, id="the code"),
        pytest.param("States.Runtime", "", False, id="the workflow"),
    ],
)  # fmt: skip
def test_whose_fault_it_was(error: str, cause: str, is_fault: bool) -> None:
    assert is_service_fault(error, cause) is is_fault


def test_what_the_workflow_retries_for_a_service_is_a_service_fault() -> None:
    """One list decides both: what is waited out, and what is held against no file."""
    for retrier in re.findall(r"\{[^{}]*half an hour is outlasted[^{}]*\}", DEFINITION):
        for error in json.loads(retrier)["ErrorEquals"]:
            assert is_service_fault(error, ""), error
