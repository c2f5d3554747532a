"""Parallel: runs its branches side by side."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from localcloud.stepfunctions.branch import Branch
from localcloud.stepfunctions.definition.model import ParallelState, Workflow
from localcloud.stepfunctions.engine.gather import Start, run_all
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Outcome
from localcloud.stepfunctions.visit import Visit


async def parallel(visit: Visit[ParallelState]) -> tuple[str | None, Outcome]:
    """The result is the list of the branches' outputs, in the order of the definition.

    Raises:
        StatesError: that of the first branch to fail; the others are cancelled.
    """
    state, scope, branch = visit.state, visit.scope, visit.branch
    if branch.children is None:
        _begin(visit)
    children = [child for child in branch.children or () if child is not None]
    await run_all(visit.runtime.scheduler, _unfinished(branch, children), len(children))
    branch.note("ParallelStateSucceeded")
    return state.next, state.flow.finish(scope, [child.input for child in children])


def _begin(visit: Visit[ParallelState]) -> None:
    state, branch = visit.state, visit.branch
    arguments = state.flow.arguments(visit.scope)
    text = dumps(arguments)
    branch.record("ParallelStateStarted")

    def child(index: int, workflow: Workflow) -> Branch:
        return Branch(
            execution=branch.execution,
            workflow=workflow,
            path=(*branch.path, index),
            context=branch.context,
            variables=branch.variables,
            at=workflow.start_at,
            input=arguments,
            text=text,
            previous_id=branch.previous_id,
        )

    branch.children = [child(index, workflow) for index, workflow in enumerate(state.branches)]


def _unfinished(parent: Branch, children: list[Branch]) -> Iterator[Start]:
    for child in children:
        if child.at is not None:
            yield partial(_run, parent, child)


async def _run(parent: Branch, child: Branch) -> None:
    try:
        await child.execution.run_branch(child)
    finally:
        parent.previous_id = child.previous_id
