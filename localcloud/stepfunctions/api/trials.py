"""TestState: one state by itself, with mocks where the world is not at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from localcloud.stepfunctions.api.errors import ApiError, invalid
from localcloud.stepfunctions.api.mock_context import check_context
from localcloud.stepfunctions.api.mock_results import Strictness, flaw
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
from localcloud.stepfunctions.trials.running import MAX_SECONDS, needs_mock, try_state
from localcloud.stepfunctions.trials.trial import Finding, Mock, Trial, Verdict
from localcloud.stepfunctions.world import World

Params = Mapping[str, Any]

# The types that can be tried without a mock.
_ALONE: Final = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice")


async def test_state(runtime: World, params: Params) -> dict[str, Any]:
    """TestState: at inspection level INFO only the outcome, else also what happened inside."""
    configuration = params.get("stateConfiguration", {})
    told = params.get("mock")
    if told is not None and params.get("revealSecrets"):
        raise invalid("TestState does not support RevealSecrets when a mock is specified.")
    if told is None and "mapIterationFailureCount" in configuration:
        raise invalid(
            "TestState does not support MapIterationFailureCount when a mock is not specified."
        )
    state = _state(params)
    mock = None if told is None else _mock(told, state)
    if mock is None:
        _check_real(state, params.get("roleArn"))
    context = _json(params, "context", "null")
    if context is not None:
        check_context(context, state)
    failed = configuration.get("mapIterationFailureCount", 0)
    if isinstance(state, MapState) and mock is not None and isinstance(mock.result, list):
        _check_failed_iterations(failed, len(mock.result))
    trial = Trial(
        state=state,
        input=_json(params, "input", "{}"),
        variables=_json(params, "variables", "{}"),
        context=context,
        role_arn=params.get("roleArn"),
        mock=mock,
        retries=configuration.get("retrierRetryCount", 0),
        failed_iterations=failed,
        reader_data=configuration.get("mapItemReaderData"),
    )
    finding = await _within_limit(runtime, trial)
    return _shown(finding, params.get("inspectionLevel", "INFO"))


def _check_real(state: State, role_arn: str | None) -> None:
    """Refuse what cannot be tried without a mock."""
    if isinstance(state, (MapState, ParallelState)):
        raise ApiError(
            "InvalidDefinition",
            "TestState API does not support Map or Parallel states. "
            f"Supported state types include: [{', '.join(_ALONE)}]",
        )
    if needs_mock(state):
        raise invalid(
            "Activities and the .sync and .waitForTaskToken integration patterns can be tested "
            "only when a mock is specified"
        )
    if isinstance(state, TaskState) and role_arn is None:
        raise invalid("RoleArn must be specified when testing a Task state")


def _check_failed_iterations(failed: int, iterations: int) -> None:
    if failed > iterations:
        raise invalid(
            "Map iteration failure count must be less than or equal to the number of Map iterations"
        )


async def _within_limit(runtime: World, trial: Trial) -> Finding:
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
    raise invalid("State not found in definition")


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


def _mock(told: Params, state: State) -> Mock:
    kind = type(state).__name__.removesuffix("State")
    if not isinstance(state, (TaskState, MapState, ParallelState)):
        raise invalid(f"State type '{kind}' is not supported when a mock is specified")
    if ("result" in told) == ("errorOutput" in told):
        raise invalid(
            "A test mock should have only one of the following fields: [result, errorOutput]."
        )
    if "errorOutput" in told:
        output = told["errorOutput"]
        return Mock(failure=StatesError(output.get("error"), output.get("cause")))
    try:
        result = loads(told["result"])
    except ValueError as error:
        raise invalid("Mocked result must be valid JSON") from error
    if isinstance(state, TaskState):
        strictness = Strictness(told.get("fieldValidationMode", Strictness.STRICT))
        if (found := flaw(result, state.resource, strictness)) is not None:
            raise invalid(f"Mock result schema validation error: {found}")
    else:
        _check_children(result, state)
    return Mock(result=result)


def _check_children(result: Json, state: MapState | ParallelState) -> None:
    """Refuse a result that no Map or Parallel state has."""
    if isinstance(state, MapState) and state.result_writer is not None:
        if not isinstance(result, dict):
            raise invalid("Mocked result must be a JSON object.")
        return
    if not isinstance(result, list):
        raise invalid("Mocked result must be an array.")
    if isinstance(state, ParallelState) and len(result) != len(state.branches):
        raise invalid(
            "Mocked result must contain the same number of items as number of Parallel branches."
        )


ACTIONS: Final = {"TestState": test_state}
