"""A run as a timeline and as a graph of services."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sluice.commands.trace import graph
from sluice.runs.history import StateVisit
from sluice.runs.tracing import BAR_CHARACTERS, bar, service_calls, span, targets_of
from tests.support.runs import START, VISIT

DEFINITION = Path(__file__).parents[3] / "statemachine/csv_pipeline.asl.json"
TARGETS = {"Look": ("lambda", "f"), "Look Again": ("lambda", "f"), "Claim": ("dynamodb", "t")}


def visit(
    name: str, after: float, took: float | None, *, attempts: int = 1, status: str = "SUCCEEDED"
) -> StateVisit:
    began = START + timedelta(seconds=after)
    return replace(
        VISIT,
        name=name,
        status=status,
        started_at=began,
        ended_at=None if took is None else began + timedelta(seconds=took),
        attempts=attempts,
    )


@pytest.mark.parametrize(
    ("after", "took", "full"),
    [
        pytest.param(0, 40, range(40), id="all of it"),
        pytest.param(10, 20, range(10, 30), id="the middle"),
        pytest.param(40, 0, range(39, 40), id="nothing at the end still shows"),
        pytest.param(30, None, range(30, 40), id="under way"),
    ],
)
def test_a_bar_lies_where_the_visit_lay(after: float, took: float | None, full: range) -> None:
    now = START + timedelta(seconds=40)
    drawn = bar(visit("Look", after, took), START, now, now)
    assert len(drawn) == BAR_CHARACTERS
    assert [i for i, character in enumerate(drawn) if character == "█"] == list(full)


def test_a_span_reaches_from_the_first_beginning_to_the_last_end() -> None:
    now = START + timedelta(hours=1)
    ended = [visit("Look", 5, 10), visit("Claim", 0, 2)]
    assert span(ended, now) == (START, START + timedelta(seconds=15))
    assert span([*ended, visit("Look", 20, None)], now)[1] == now


def test_calls_are_added_up_by_what_was_called() -> None:
    visits = [
        visit("Claim", 0, 1),
        visit("Look", 1, 3, attempts=3),
        visit("Look Again", 4, 2, status="FAILED"),
        visit("Other", 6, 9),
    ]
    first, second = service_calls(visits, TARGETS, START)
    assert (first.target, first.calls, first.retries, first.failed) == ("f", 4, 2, 1)
    assert (first.seconds, first.states) == (5, ("Look", "Look Again"))
    assert (second.service, second.seconds) == ("dynamodb", 1)
    assert list(graph([first, second])) == [
        "├─ lambda    f  4 calls  5.0 s  2 retries, 1 failed",
        "└─ dynamodb  t  1 call   1.0 s",
    ]


def test_the_workflow_names_what_its_states_call() -> None:
    targets = targets_of(json.loads(DEFINITION.read_text()))
    assert targets["Load Batch"] == ("lambda", "${LoadBatchFunction}")
    assert targets["Claim File"] == ("dynamodb", "${ControlTable}")
    assert targets["Convert CSV To JSON"][0] == "glue"
    assert "Outcome?" not in targets
