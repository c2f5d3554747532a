"""The transitions of a workflow: targets that exist, states that are reached, an end."""

from __future__ import annotations

from collections.abc import Iterator

from localcloud.stepfunctions.definition.fields import Fields, Report
from localcloud.stepfunctions.definition.model import (
    ChoiceState,
    FailState,
    MapState,
    ParallelState,
    State,
    SucceedState,
    TaskState,
    Workflow,
)

MISSING_TARGET = "MISSING_TRANSITION_TARGET"
MISSING_END = "MISSING_END_STATE"


def check_transitions(workflow: Workflow, fields: Fields) -> None:
    """Report missing targets, the lack of an end, and states that nothing leads to."""
    report = fields.report
    if workflow.start_at and workflow.start_at not in workflow.states:
        message = f"Missing 'StartAt' target: {workflow.start_at}"
        report.error(message, fields.at("StartAt"), MISSING_TARGET)
    for state in workflow.states.values():
        for target, position in targets(state):
            if target and target not in workflow.states:
                location = f"{fields.at('States')}/{state.name}/{position}"
                report.error(f"Missing 'Next' target: {target}", location, MISSING_TARGET)
    if workflow.states and not any(map(is_terminal, workflow.states.values())):
        report.error("Workflow has no terminal state", None, MISSING_END)
    else:
        _check_reachability(workflow, fields.at("States"), report)


def _check_reachability(workflow: Workflow, location: str, report: Report) -> None:
    reached = {workflow.start_at}
    frontier = [workflow.start_at]
    while frontier:
        state = workflow.states.get(frontier.pop())
        found = {target for target, _ in targets(state)} - reached if state else set()
        reached |= found
        frontier.extend(found)
    for name in workflow.states:
        if name not in reached:
            message = f'State "{name}" is not reachable.'
            report.error(message, f"{location}/{name}", MISSING_TARGET)


def targets(state: State) -> Iterator[tuple[str, str]]:
    """The states that a state may lead to, each with the place that says so."""
    following = getattr(state, "next", None)
    if following is not None:
        yield following, "Next"
    if isinstance(state, ChoiceState):
        for index, rule in enumerate(state.rules):
            yield rule.next, f"Choices[{index}]/Next"
        if state.default is not None:
            yield state.default, "Default"
    if isinstance(state, TaskState | ParallelState | MapState):
        for index, catcher in enumerate(state.catch):
            yield catcher.next, f"Catch[{index}]/Next"


def is_terminal(state: State) -> bool:
    """Whether the workflow ends with this state."""
    if isinstance(state, ChoiceState):
        return False
    return isinstance(state, SucceedState | FailState) or getattr(state, "next", None) is None
