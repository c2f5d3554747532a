"""How long what is open has been open."""

from __future__ import annotations

from typing import Any

import pytest

from sweep_runs import Waiting

NOW = "2026-07-01T12:00:00.000Z"
RUN = {"status": "RUNNING", "open_since": "2026-07-01T11:00:00.000Z"}
QUESTION = {
    "status": "PENDING",
    "open_since": "2026-07-01T10:00:00.000Z",
    "expires_at": "2026-07-01T12:30:00.000Z",
}


def figures(*seen: tuple[str, dict[str, Any]]) -> dict[str, float]:
    waiting = Waiting(NOW)
    for kind, item in seen:
        waiting.see(kind, item)
    return {name: value for group in waiting.figures() for name, value in group.values.items()}


@pytest.mark.parametrize(
    ("seen", "run_seconds", "question_seconds", "expiring"),
    [
        pytest.param([], 0, 0, 0, id="nothing is open"),
        pytest.param([("RUN", RUN)], 3_600, 0, 0, id="a run"),
        pytest.param(
            [("RUN", RUN), ("RUN", RUN | {"open_since": "2026-07-01T11:59:00.000Z"})],
            3_600,
            0,
            0,
            id="the oldest of two",
        ),
        pytest.param([("RUN", RUN | {"status": "LOADED"})], 0, 0, 0, id="ended and not told"),
        pytest.param([("APPROVAL", QUESTION)], 0, 7_200, 1, id="a question in its last part"),
        pytest.param(
            [("APPROVAL", QUESTION | {"expires_at": "2026-07-02T12:00:00.000Z"})],
            0,
            7_200,
            0,
            id="a question with time left",
        ),
        pytest.param([("APPROVAL", QUESTION | {"status": "EXPIRED"})], 0, 0, 0, id="expired"),
        pytest.param([("FILE", {"open_since": NOW})], 0, 0, 0, id="a claim"),
    ],
)
def test_the_oldest_counts(
    seen: list[tuple[str, dict[str, Any]]],
    run_seconds: float,
    question_seconds: float,
    expiring: int,
) -> None:
    assert figures(*seen) == {
        "OldestRunSeconds": run_seconds,
        "OldestQuestionSeconds": question_seconds,
        "ExpiringQuestions": expiring,
    }
