"""What a run's functions asked of AWS, added up from segments."""

from __future__ import annotations

from typing import Any

from sluice.commands.trace import within_functions
from sluice.runs.traced_calls import added_up


def call(began: float, ended: float, **members: Any) -> dict[str, Any]:
    told = {"operation": "GetItem", "table_name": "control"}
    return {
        "name": "DynamoDB",
        "namespace": "aws",
        "aws": told,
        "start_time": began,
        "end_time": ended,
        **members,
    }


def test_calls_are_added_up_by_function_and_operation() -> None:
    segments = [
        {"name": "f", "subsegments": [call(0, 1), {"name": "run", "subsegments": [call(1, 1.5)]}]},
        {"name": "f", "subsegments": [call(0, 1, error=True), {"name": "run", "end_time": 9}]},
        {"name": "g", "subsegments": [call(0, 4)]},
        {"name": "h"},
    ]
    slowest, other = added_up(segments)
    assert (slowest.function, slowest.calls, slowest.seconds) == ("g", 1, 4)
    assert (other.function, other.calls, other.failed, other.seconds) == ("f", 3, 1, 2.5)
    assert list(within_functions([slowest, other])) == [
        "function  service   operation  of       calls  failed   took",
        "g         DynamoDB  GetItem    control      1          4.0 s",
        "f         DynamoDB  GetItem    control      3       1  2.5 s",
    ]
