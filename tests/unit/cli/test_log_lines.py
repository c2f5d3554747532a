"""Lines as Lambda and Glue write them."""

from __future__ import annotations

import json

import pytest

from sluice.runs.logs import LogLine, job_run_ids, request_ids


@pytest.mark.parametrize(
    ("message", "level", "text"),
    [
        pytest.param(
            json.dumps({"level": "INFO", "message": "loaded", "requestId": "r"}),
            "INFO",
            "loaded",
            id="a function's line",
        ),
        pytest.param(
            json.dumps({"level": "INFO", "message": "loaded", "part": 3, "rows": 500}),
            "INFO",
            "loaded part=3 rows=500",
            id="a line with what it is about",
        ),
        pytest.param(
            json.dumps(
                {
                    "level": "ERROR",
                    "errorType": "FileRefusedError",
                    "errorMessage": json.dumps({"code": "empty", "message": "the file is empty"}),
                    "stackTrace": ["  File a\n", "b"],
                }
            ),
            "ERROR",
            "the file is empty",
            id="a refusal is no traceback",
        ),
        pytest.param(
            json.dumps({"level": "ERROR", "errorMessage": "no", "stackTrace": ["  File a\n", "b"]}),
            "ERROR",
            "no\n  File a\nb",
            id="an exception that left the handler",
        ),
        pytest.param(
            json.dumps({"type": "platform.report", "record": {"requestId": "r"}}),
            "",
            'platform.report {"requestId": "r"}',
            id="the platform's line",
        ),
        pytest.param(
            "26/01/31 08:00:00 WARN TaskSetManager: lost task\n",
            "WARN",
            "26/01/31 08:00:00 WARN TaskSetManager: lost task",
            id="the job's line",
        ),
        pytest.param("[1, 2]", "", "[1, 2]", id="JSON, but no line of a function"),
    ],
)
def test_lines(message: str, level: str, text: str) -> None:
    line = LogLine.from_event(1_000, "2026/01/31/sluice-Load[1]0a", message)
    assert (line.source, line.level, line.text) == ("sluice-Load", level, text)


def test_ids_are_found_in_results_and_causes_only() -> None:
    first, second = (f"{digit}1111111-2222-3333-4444-555555555555" for digit in "01")
    events = [
        {"type": "TaskFailed", "taskFailedEventDetails": {"cause": f"RequestId: {first} Error"}},
        {"type": "TaskScheduled", "taskScheduledEventDetails": {"parameters": second}},
        {"type": "TaskSubmitted", "taskSubmittedEventDetails": {"output": '{"Id": "jr_0a1b"}'}},
    ]
    assert request_ids(events) == {first}
    assert job_run_ids(events) == {"jr_0a1b"}


def test_a_stack_trace_is_folded() -> None:
    message = json.dumps({"level": "ERROR", "errorMessage": "no", "stackTrace": ["a\n", "b"]})
    line = LogLine.from_event(1_000, "2026/01/31/sluice-Load[1]0a", message)
    assert line.texts(verbose=False) == ["no (+ 2 lines: --verbose)"]
    assert line.texts(verbose=True) == ["no", "a", "b"]


@pytest.mark.parametrize(
    ("message", "is_platform"),
    [
        pytest.param('{"type": "platform.report", "record": {}}', True, id="Lambda's own line"),
        pytest.param('{"_aws": {"CloudWatchMetrics": []}, "Runs": 1}', True, id="metrics"),
        pytest.param('{"level": "INFO", "message": "loaded"}', False, id="a function's line"),
        pytest.param("WARN lost task", False, id="the job's line"),
    ],
)
def test_what_tells_nobody_what_the_code_did_is_told_apart(message: str, is_platform: bool) -> None:
    line = LogLine.from_event(1_000, "2026/01/31/sluice-Load[1]0a", message)
    assert line.is_platform == is_platform
