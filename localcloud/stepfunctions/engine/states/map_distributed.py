"""The distributed Map: every item, or batch of items, is an execution of its own.

MapStateStarted -> MapRunStarted -> (children) -> MapRunSucceeded -> MapStateSucceeded
"""

from __future__ import annotations

from typing import Any, Final

from localcloud.stepfunctions.definition.model import MapState
from localcloud.stepfunctions.engine.map_run import MapRun, Share
from localcloud.stepfunctions.engine.scheduler import BREATH
from localcloud.stepfunctions.engine.states.map_inline import select
from localcloud.stepfunctions.engine.states.map_results import collect_results
from localcloud.stepfunctions.engine.status import Status
from localcloud.stepfunctions.engine.steps import Mark
from localcloud.stepfunctions.engine.tolerance import Tolerance
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.errors import EvaluationError, StatesError
from localcloud.stepfunctions.maps.batches import batches
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json

# After so many items their selection lets others go on: at most some milliseconds.
_SLICE: Final = 32


async def map_distributed(visit: Visit[MapState]) -> Json:
    """The outputs of the children in order, or where `ResultWriter` put them.

    Raises:
        StatesError: `States.ItemReaderFailed`, `States.ResultWriterFailed`,
            `States.ExceedToleratedFailureThreshold`.
    """
    branch, state = visit.branch, visit.state
    map_run = _again(visit)
    items = None if state.item_reader is not None else state.items(visit.scope)
    if map_run is None:
        branch.record("MapStateStarted", {"length": 0 if items is None else len(items)})
        map_run = _begin(visit)
    try:
        if not map_run.shares:
            map_run.deal(await _shares(visit, items))
            branch.execution.keep_shares(map_run)
        await map_run.run()
        result = await collect_results(visit, map_run)
    except EvaluationError:
        raise
    except StatesError as failure:
        map_run.end(Status.FAILED)
        details = {"error": failure.error, "cause": failure.cause}
        branch.record("MapRunFailed", {k: v for k, v in details.items() if v is not None})
        raise
    run_id = branch.note("MapRunSucceeded")
    branch.execution.record("MapStateSucceeded", run_id)
    return result


def _begin(visit: Visit[MapState]) -> MapRun[Any]:
    state, scope, branch = visit.state, visit.scope, visit.branch
    count, percentage = state.tolerated_failure_count, state.tolerated_failure_percentage
    tolerance = Tolerance(
        count=None if count is None else count(scope),
        percentage=None if percentage is None else percentage(scope),
    )
    concurrency = state.max_concurrency(scope)
    map_run: MapRun[Any] = branch.execution.begin_map_run(
        state, max_concurrency=concurrency, tolerance=tolerance
    )
    branch.record("MapRunStarted", {"mapRunArn": map_run.arn}, Mark({"map_run": map_run.arn}))
    return map_run


def _again(visit: Visit[MapState]) -> MapRun[Any] | None:
    """The run that a redrive, or a restarted process, goes on with."""
    branch = visit.branch
    if branch.mark is None:
        return None
    map_run: MapRun[Any] = visit.runtime.map_runs[branch.mark["map_run"]]
    if map_run.status in (Status.FAILED, Status.ABORTED):
        map_run.redrive()
        details = {"mapRunArn": map_run.arn, "redriveCount": map_run.redrive_count}
        branch.record("MapRunRedriven", details)
    return map_run


async def _read_items(visit: Visit[MapState]) -> list[Json]:
    reader, runtime = visit.state.item_reader, visit.runtime
    assert reader is not None
    arguments, config = reader.arguments(visit.scope), reader.config(visit.scope)
    action = reader.resource.action
    return await runtime.workers.submit(lambda: runtime.storage.read(action, arguments, config))


async def _shares(visit: Visit[MapState], items: list[Json] | None) -> list[Share]:
    state, scope = visit.state, visit.scope
    if items is None:
        items = await _read_items(visit)
    inputs = []
    for index, item in enumerate(items):
        inputs.append(select(state, scope, item, index))
        if index % _SLICE == 0:
            await BREATH
    batcher = state.item_batcher
    if batcher is None:
        return [Share(text=dumps(value), items=1) for value in inputs]
    per_batch, max_bytes = batcher.max_items_per_batch, batcher.max_input_bytes_per_batch

    grouped = batches(
        inputs,
        max_items=None if per_batch is None else per_batch(scope),
        max_bytes=None if max_bytes is None else max_bytes(scope),
        batch_input=None if batcher.batch_input is None else batcher.batch_input(scope),
    )
    return [Share(text=dumps(batch), items=len(batch["Items"])) for batch in grouped]
