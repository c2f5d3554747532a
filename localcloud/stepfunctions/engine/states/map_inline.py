"""The inline Map: iterations are branches of the execution and write into its history.

The first iteration to fail cuts the others short. What it cut is told before its own failure:
`MapIterationAborted` and the `…StateAborted` of the state that the iteration was in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from localcloud.stepfunctions.definition.model import (
    MapState,
    ParallelState,
    State,
    TaskState,
    WaitState,
)
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.gather import Start, run_all
from localcloud.stepfunctions.engine.steps import Begin, Fork
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.query.item_fields import map_item, shown
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json, Scope

# AWS runs about that many iterations of an inline Map at a time.
# Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
MAX_CONCURRENCY: Final = 40

# The states that may be cut short; all others end at once.
_ABORTED: Final[Mapping[type[State], str]] = {
    MapState: "MapStateAborted",
    ParallelState: "ParallelStateAborted",
    TaskState: "TaskStateAborted",
    WaitState: "WaitStateAborted",
}


async def map_inline(visit: Visit[MapState]) -> list[Json]:
    """The outputs of the iterations, in the order of the items."""
    state, branch, scope = visit.state, visit.branch, visit.scope
    items = state.items(scope)
    limit = state.max_concurrency(scope) or MAX_CONCURRENCY
    if branch.children is None:
        branch.record("MapStateStarted", {"length": len(items)}, Fork(len(items)))
    assert branch.children is not None
    iterations = _Iterations(visit, items, branch.children)
    await run_all(visit.runtime.scheduler, iter(iterations), min(limit, MAX_CONCURRENCY))
    branch.note("MapStateSucceeded")
    return [child.input for child in branch.begun]


class _Iterations:
    """The iterations of one Map state that are still to run.

    An iteration's chain follows that of the iteration whose place it takes; the first ones all
    follow MapStateStarted.
    """

    def __init__(
        self, visit: Visit[MapState], items: list[Json], children: list[Branch | None]
    ) -> None:
        self._visit = visit
        self._items = items
        self._children = children
        self._open = sum(child is None or child.at is not None for child in children)
        self._running: dict[int, Branch] = {}

    def __iter__(self) -> Iterator[Start]:
        for index, child in enumerate(self._children):
            if child is None or child.at is not None:
                yield partial(self._run, index, self._visit.branch.previous_id)

    async def _run(self, index: int, after_id: int) -> None:
        parent = self._visit.branch
        child = self._children[index] or self._begin(index, after_id)
        self._running[index] = child
        named = {"name": self._visit.state.name, "index": index}
        try:
            await child.execution.run_branch(child)
        except StatesError as failure:
            del self._running[index]
            if failure.error != "States.Runtime":
                self._cut_others(child)
                child.note("MapIterationFailed", named)
            parent.previous_id = child.previous_id
            raise
        del self._running[index]
        succeeded_id = child.note("MapIterationSucceeded", named)
        self._open -= 1
        parent.previous_id = child.previous_id if self._open else succeeded_id

    def _cut_others(self, failed: Branch) -> None:
        for index, child in self._running.items():
            named = {"name": self._visit.state.name, "index": index}
            failed.note("MapIterationAborted", named)
            assert child.at is not None
            aborted = _ABORTED.get(type(child.workflow.states[child.at]))
            if aborted is not None and child.entered_id:
                failed.note(aborted)

    def _begin(self, index: int, after_id: int) -> Branch:
        state, parent = self._visit.state, self._visit.branch
        item = self._items[index]
        value = select(state, self._visit.scope, item, index)
        return parent.begin_iteration(
            Begin(index, dumps(value), map_item(item, index)),
            value,
            after_id,
            {"name": state.name, "index": index},
        )


def select(state: MapState, scope: Scope, item: Json, index: int) -> Json:
    """What an iteration gets: the item, or what `ItemSelector` makes of it."""
    if state.item_selector is None:
        return shown(item)
    context = {**scope.context, "Map": map_item(item, index)}
    return state.item_selector(scope.with_context(context))
