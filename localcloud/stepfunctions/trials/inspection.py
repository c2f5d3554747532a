"""What is seen of a state on the way, by the names of the API."""

from __future__ import annotations

from typing import Any

from localcloud.stepfunctions.definition.model import (
    MapState,
    ParallelState,
    PassState,
    QueryLanguage,
    State,
    TaskState,
)
from localcloud.stepfunctions.engine.states.map_inline import select
from localcloud.stepfunctions.engine.tolerance import Tolerance
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.maps.readers import read_items
from localcloud.stepfunctions.query.item_fields import shown
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonpath_flow import JsonPathFlow
from localcloud.stepfunctions.query.scope import Json, Outcome, Scope
from localcloud.stepfunctions.query.templates import Constant
from localcloud.stepfunctions.trials.trial import Trial


def see_variables(trial: Trial, outcome: Outcome, seen: dict[str, Any]) -> None:
    """The variables after the state."""
    if variables := {**trial.variables, **(outcome.assigned or {})}:
        seen["variables"] = dumps(variables)


def see_arguments(state: State, scope: Scope, seen: dict[str, Any]) -> None:
    """What the state's work gets. AWS shows only what the state's type has fields for."""
    if state.query_language is QueryLanguage.JSONATA:
        if isinstance(state, TaskState):
            seen["afterArguments"] = dumps(state.flow.arguments(scope))
        return
    if _has_result(state):
        seen["result"] = dumps(state.flow.arguments(scope))
        return
    reads = isinstance(state, MapState) and state.item_reader is not None
    if not reads and not isinstance(state, ParallelState):
        seen["afterInputPath"] = dumps(scope.input)
    if isinstance(state, (TaskState, PassState)):
        seen["afterParameters"] = dumps(state.flow.arguments(scope))


def _has_result(state: State) -> bool:
    """Whether it is a Pass state with `Result`."""
    flow = state.flow
    if not isinstance(state, PassState) or not isinstance(flow, JsonPathFlow):
        return False
    return isinstance(flow.parameters, Constant)


def see_result(state: State, scope: Scope, result: Json, seen: dict[str, Any]) -> None:
    """What became of the result, by the names of the API."""
    if isinstance(state, TaskState):
        seen["result"] = dumps(result)
    elif isinstance(state, PassState):
        result = state.flow.arguments(scope)
    elif not isinstance(state, (MapState, ParallelState)):
        return
    if isinstance(state.flow, JsonPathFlow):
        selected = state.flow.select(scope, result)
        seen["afterResultSelector"] = dumps(selected)
        seen["afterResultPath"] = dumps(state.flow.combine(scope, selected))


def see_map(trial: Trial, state: MapState, scope: Scope, seen: dict[str, Any]) -> None:
    """The items of a Map and its limits.

    Raises:
        StatesError: `States.ExceedToleratedFailureThreshold`.
    """
    items = _items(trial, state, scope, seen)
    if state.query_language is QueryLanguage.JSONPATH and state.item_reader is None:
        seen["afterItemsPath"] = dumps([shown(item) for item in items])
    if state.item_selector is not None:
        chosen = [select(state, scope, item, index) for index, item in enumerate(items)]
        seen["afterItemSelector"] = dumps(chosen)
    seen["maxConcurrency"] = state.max_concurrency(scope)
    count, percentage = state.tolerated_failure_count, state.tolerated_failure_percentage
    if count is not None:
        seen["toleratedFailureCount"] = count(scope)
    if percentage is not None:
        seen["toleratedFailurePercentage"] = float(percentage(scope))
    tolerance = Tolerance(
        count=seen.get("toleratedFailureCount"),
        percentage=seen.get("toleratedFailurePercentage"),
    )
    is_limited = count is not None or percentage is not None
    is_mocked_failure = trial.mock is not None and trial.mock.failure is not None
    if (
        is_limited
        and not is_mocked_failure
        and tolerance.is_exceeded(trial.failed_iterations, len(items))
    ):
        raise StatesError(
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded",
        )


def _items(trial: Trial, state: MapState, scope: Scope, seen: dict[str, Any]) -> list[Json]:
    reader = state.item_reader
    if reader is None:
        return list(state.items(scope))
    if trial.reader_data is None:
        return []
    config = reader.config(scope)
    items = list(read_items(config, trial.reader_data.encode(), _fetch_nothing))
    if config.items_pointer is not None:
        seen["afterItemsPointer"] = dumps(items)
    return items


def _fetch_nothing(bucket: str, key: str) -> bytes:
    raise StatesError(
        "States.ItemReaderFailed", f"s3://{bucket}/{key} of the manifest is not read in a test"
    )
