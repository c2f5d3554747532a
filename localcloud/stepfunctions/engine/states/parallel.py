"""Parallel: runs its branches side by side."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from localcloud.stepfunctions.definition.model import ParallelState
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.gather import Start, run_all
from localcloud.stepfunctions.engine.steps import Begin, Fork
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Outcome


async def parallel(visit: Visit[ParallelState]) -> tuple[str | None, Outcome]:
    """The result is the list of the branches' outputs, in the order of the definition.

    Raises:
        StatesError: that of the first branch to fail; the others are cancelled.
    """
    state, scope, branch = visit.state, visit.scope, visit.branch
    count = len(state.branches)
    arguments = state.flow.arguments(scope)
    if branch.children is None:
        branch.record("ParallelStateStarted", step=Fork(count))
    assert branch.children is not None
    for index, child in enumerate(branch.children):
        if child is None:
            branch.begin(Begin(index, dumps(arguments), None), arguments)
    await run_all(visit.runtime.scheduler, _unfinished(branch), count)
    branch.note("ParallelStateSucceeded")
    outputs = [child.input for child in branch.begun]
    return state.next, state.flow.finish(scope, outputs)


def _unfinished(parent: Branch) -> Iterator[Start]:
    for child in parent.begun:
        if child.at is not None:
            yield partial(_run, parent, child)


async def _run(parent: Branch, child: Branch) -> None:
    try:
        await child.execution.run_branch(child)
    finally:
        parent.previous_id = child.previous_id
