"""Preparing the branches of an execution for a redrive."""

from __future__ import annotations

from localcloud.stepfunctions.definition.model import FailState, MapState
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.steps import Reset


def prepare(branch: Branch, event_id: int, error: str | None) -> None:
    """Make unfinished branches ready for another attempt; finished ones stay as they are.

    `event_id` is that of ExecutionRedriven, `error` what the execution had failed with.
    A Parallel or Map whose result was too large runs again with all its branches.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
    """
    if branch.at is None:
        return
    branch.previous_id = event_id
    state = branch.workflow.states[branch.at]
    children = branch.children or []
    all_finished = all(child is not None and child.at is None for child in children)
    too_large = error == "States.DataLimitExceeded" and all_finished
    branch.step(
        Reset(
            keep_children=not too_large,
            keep_mark=isinstance(state, MapState) and not too_large,
            reenter=isinstance(state, FailState),
        )
    )
    for child in branch.begun:
        prepare(child, event_id, error)
