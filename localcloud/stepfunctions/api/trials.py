"""TestState: one state by itself, with mocks where the world is not at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from localcloud.stepfunctions.api.errors import ApiError, invalid
from localcloud.stepfunctions.api.mock_results import Strictness, flaws
from localcloud.stepfunctions.definition import InvalidDefinitionError, parse, parse_state
from localcloud.stepfunctions.definition.model import (
    MapState,
    ParallelState,
    State,
    TaskState,
    Workflow,
)
from localcloud.stepfunctions.engine.scheduler import CancelledError
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.query.json_text import dumps, loads
from localcloud.stepfunctions.query.scope import Json
from localcloud.stepfunctions.runtime import Runtime
from localcloud.stepfunctions.testing import (
    MAX_SECONDS,
    Finding,
    Mock,
    Trial,
    Verdict,
    needs_mock,
    try_state,
)

Params = Mapping[str, Any]


async def test_state(runtime: Runtime, params: Params) -> dict[str, Any]:
    """TestState: at inspection level INFO only the outcome, else also what happened inside."""
    configuration = params.get("stateConfiguration", {})
    state = _state(params)
    trial = Trial(
        state=state,
        input=_json(params, "input", "{}"),
        variables=_json(params, "variables", "{}"),
        context=_json(params, "context", "{}"),
        mock=_mock(params.get("mock"), state),
        retries=configuration.get("retrierRetryCount", 0),
        failed_iterations=configuration.get("mapIterationFailureCount", 0),
        reader_data=configuration.get("mapItemReaderData"),
    )
    if trial.mock is None and needs_mock(trial.state):
        raise invalid(
            "Map and Parallel states, activities, and the .sync and .waitForTaskToken integration "
            "patterns can be tested only when a mock is specified"
        )
    finding = await _within_limit(runtime, trial)
    return _shown(finding, params.get("inspectionLevel", "INFO"))


async def _within_limit(runtime: Runtime, trial: Trial) -> Finding:
    strand = runtime.scheduler.spawn(try_state(runtime, trial))
    timer = runtime.at(runtime.clock.now() + MAX_SECONDS, strand.cancel)
    try:
        return await strand.outcome
    except CancelledError:
        return Finding(verdict=Verdict.FAILED, error="States.Timeout")
    finally:
        timer.cancel()


def _shown(finding: Finding, level: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"status": str(finding.verdict)}
    if finding.verdict in (Verdict.SUCCEEDED, Verdict.CAUGHT_ERROR):
        shown["output"] = dumps(finding.output)
    told = {"nextState": finding.next, "error": finding.error, "cause": finding.cause}
    shown.update({name: value for name, value in told.items() if value is not None})
    if level != "INFO":
        shown["inspectionData"] = finding.seen
    return shown


def _state(params: Params) -> State:
    name = params.get("stateName")
    try:
        if name is None:
            return parse_state(params["definition"])
        machine = parse(params["definition"])
    except InvalidDefinitionError as error:
        raise ApiError("InvalidDefinition", error.message) from error
    for state in _all_states(machine.workflow):
        if state.name == name:
            return state
    raise invalid(f"The definition has no state '{name}'")


def _all_states(workflow: Workflow) -> Iterator[State]:
    for state in workflow.states.values():
        yield state
        if isinstance(state, MapState):
            yield from _all_states(state.processor)
        elif isinstance(state, ParallelState):
            for branch in state.branches:
                yield from _all_states(branch)


def _json(params: Params, name: str, default: str) -> Json:
    try:
        return loads(params.get(name, default))
    except ValueError as error:
        if name == "input":
            raise ApiError("InvalidExecutionInput", f"Invalid input: '{error}'") from error
        raise invalid(f"Value at '{name}' is not valid JSON: {error}") from error


def _mock(told: Params | None, state: State) -> Mock | None:
    if told is None:
        return None
    if ("result" in told) == ("errorOutput" in told):
        raise invalid("A mock must have exactly one of result and errorOutput")
    if "errorOutput" in told:
        output = told["errorOutput"]
        return Mock(failure=StatesError(output.get("error"), output.get("cause")))
    result = _json(told, "result", "null")
    if isinstance(state, TaskState):
        strictness = Strictness(told.get("fieldValidationMode", Strictness.STRICT))
        if found := flaws(result, state.resource, strictness):
            raise invalid(f"The mocked result does not fit the API: {'; '.join(found)}")
    return Mock(result=result)


ACTIONS: Final = {"TestState": test_state}
