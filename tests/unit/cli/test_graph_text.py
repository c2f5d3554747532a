"""The state machine as lines, with what a run did."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sluice.graph.model import Workflow
from sluice.graph.status import node_statuses
from sluice.graph.text import lines
from sluice.runs.history import StateVisit
from sluice.terminal.output import unpainted
from tests.support.runs import START, VISIT

MACHINE = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "Next": "Good?",
            "ItemProcessor": {"StartAt": "Look", "States": {"Look": {"Type": "Task", "End": True}}},
        },
        "Good?": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $x = 'y' %}", "Next": "Load"}],
            "Default": "Refuse",
        },
        "Load": {"Type": "Task", "End": True},
        "Refuse": {"Type": "Fail"},
    },
}


def visit(name: str, status: str = "SUCCEEDED", *, item: int | None = None) -> StateVisit:
    return replace(
        VISIT,
        name=name,
        kind="Map" if name == "Each" else "Task",
        status=status,
        ended_at=START + timedelta(seconds=2),
        attempts=2 if name == "Load" else 1,
        depth=0 if item is None else 1,
        item=item,
        length=2 if name == "Each" else None,
    )


def drawn(*visits: StateVisit) -> list[str]:
    statuses = node_statuses(visits, START)
    return [unpainted(line) for line in lines(Workflow.parse(MACHINE), statuses)]


def test_a_run_is_drawn_with_its_way_through_choices() -> None:
    visits = [visit("Each"), visit("Look", item=0), visit("Look", "FAILED", item=1)]
    assert drawn(*visits, visit("Good?"), visit("Load")) == [
        "✓ Each                          2.0 s, 2 items",
        "  ✗ Look                        1 succeeded, 1 failed",
        "✓ Good?                         2.0 s         → Load",
        "✓ Load                          2.0 s, 1 retry",
        "· Refuse",
    ]


def test_what_was_not_reached_shows_both_ways() -> None:
    assert drawn()[2].endswith("→ Load | Refuse")
