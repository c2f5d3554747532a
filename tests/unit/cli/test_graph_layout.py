"""Laws of the picture, on random machines and on our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.graph.layers import is_joint, layered
from sluice.graph.layout import Picture, lay_out
from sluice.graph.model import CATCH, CHOICE, END, START, Workflow
from sluice.graph.status import NodeStatus
from sluice.graph.svg import MARKS, draw, standalone

PIPELINE = json.loads(
    (Path(__file__).parents[3] / "statemachine" / "csv_pipeline.asl.json").read_text()
)


@st.composite
def machines(draw_from: st.DrawFn) -> dict[str, Any]:
    """A machine whose states go anywhere, also back, by Next, Choice and Catch."""
    names = [f"State {number}" for number in range(draw_from(st.integers(1, 8)))]
    anywhere = st.sampled_from(names)
    states: dict[str, Any] = {}
    for name in names:
        kind = draw_from(st.sampled_from(["Task", "Choice", "Succeed", "Map"]))
        state: dict[str, Any] = {"Type": kind}
        if kind == "Choice":
            state["Choices"] = [{"Condition": "{% $x = 'y' %}", "Next": draw_from(anywhere)}]
            state["Default"] = draw_from(anywhere)
        elif kind != "Succeed":
            state |= draw_from(
                st.just({"End": True}) | st.builds(lambda to: {"Next": to}, anywhere)
            )
            catchers = draw_from(st.lists(anywhere, max_size=2))
            state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": to} for to in catchers]
        if kind == "Map":
            inner = {"Inside": {"Type": "Pass", "End": True}}
            state["ItemProcessor"] = {"StartAt": "Inside", "States": inner}
        states[name] = state
    return {"StartAt": names[0], "States": states}


@given(machines())
@settings(max_examples=60)
def test_edges_run_down_unless_they_close_a_cycle(machine: dict[str, Any]) -> None:
    workflow = Workflow.parse(machine)
    layers = layered(workflow)
    row_of = {name: number for number, row in enumerate(layers.rows) for name in row}
    assert {node.name for node in workflow.nodes} == {n for n in row_of if not is_joint(n)}
    for edge, path in layers.paths.items():
        assert [row_of[name] for name in path] == list(range(row_of[path[0]], row_of[path[-1]] + 1))
        ends = (path[-1], path[0]) if edge in layers.reversed_edges else (path[0], path[-1])
        assert ends == (edge.source, edge.target)


@given(machines())
@settings(max_examples=60)
def test_no_two_nodes_overlap_and_all_are_inside(machine: dict[str, Any]) -> None:
    check(lay_out(Workflow.parse(machine)))


def test_our_pipeline_is_laid_out_without_overlap() -> None:
    check(lay_out(Workflow.parse(PIPELINE)))


def check(picture: Picture) -> None:
    for number, one in enumerate(picture.nodes):
        assert one.x >= 0
        assert one.y >= 0
        assert one.x + one.width <= picture.width
        assert one.y + one.height <= picture.height
        for inner in one.inner:
            assert inner.width <= one.width
            check(inner)
        for other in picture.nodes[number + 1 :]:
            apart_x = one.x + one.width <= other.x + 1e-6 or other.x + other.width <= one.x + 1e-6
            apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert apart_x or apart_y, (one.node.name, other.node.name)


def test_the_pipeline_reads_as_states_and_transitions() -> None:
    workflow = Workflow.parse(PIPELINE)
    names = {node.name for node in workflow.nodes}
    assert names == {START, *PIPELINE["States"]}
    kinds = {(edge.source, edge.target): edge.kind for edge in workflow.edges}
    assert kinds["Quality Verdict?", "Request Approval"] == CHOICE
    assert kinds["Judge Quality", "Record Failure"] == CATCH
    [files] = [node for node in workflow.nodes if node.name == "Validate Files"]
    assert END in {node.name for node in files.inner[0].nodes}


@pytest.mark.parametrize("status", MARKS)
def test_svg_is_well_formed_and_tells_status_to_a_screen_reader(status: str) -> None:
    picture = lay_out(Workflow.parse(PIPELINE))
    run = NodeStatus(status=status, note="1.0 s", went_to=frozenset({"Validate Files"}))
    root = ET.fromstring(draw(picture, {"Open Run": run}))  # noqa: S314 - our own text
    label = f"Open Run, Task, {status.lower()} 1.0 s"
    links = [each.get("aria-label") for each in root.iter("{http://www.w3.org/2000/svg}a")]
    assert label in links
    assert any(
        "taken" in str(each.get("class")) for each in root.iter("{http://www.w3.org/2000/svg}path")
    )


def test_names_and_conditions_are_escaped() -> None:
    machine = {
        "StartAt": "<b>",
        "States": {"<b>": {"Type": "Task", "Comment": "<script>", "End": True}},
    }
    text = standalone(lay_out(Workflow.parse(machine)), {})
    assert "<script>" not in text
    assert "<b>" not in text
    assert "<style>" in text


def test_a_picture_needs_no_inline_style() -> None:
    text = draw(lay_out(Workflow.parse(PIPELINE)), {})
    assert "style" not in text
    assert "fill=" not in text
