"""Running one state by itself, as TestState does, and looking inside.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

from localcloud.stepfunctions.branch import Branch
from localcloud.stepfunctions.definition.model import (
    MapState,
    ParallelState,
    QueryLanguage,
    Retrier,
    State,
    StateMachine,
    TaskState,
    Workflow,
)
from localcloud.stepfunctions.definition.resources import Pattern, ResourceKind
from localcloud.stepfunctions.definition.transitions import (
    find_catcher,
    find_retrier,
    retry_delay_seconds,
)
from localcloud.stepfunctions.errors import EvaluationError, StatesError
from localcloud.stepfunctions.execution import Execution
from localcloud.stepfunctions.integrations.call import Call
from localcloud.stepfunctions.interpreter import KINDS
from localcloud.stepfunctions.maps.readers import read_items
from localcloud.stepfunctions.plan import Plan
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonpath_flow import JsonPathFlow
from localcloud.stepfunctions.query.scope import Json, Outcome, Scope
from localcloud.stepfunctions.runtime import Runtime
from localcloud.stepfunctions.states.map_inline import select
from localcloud.stepfunctions.visit import Visit

MAX_SECONDS: Final = 300


class Verdict(StrEnum):
    """How the attempt ended."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    RETRIABLE = "RETRIABLE"
    CAUGHT_ERROR = "CAUGHT_ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mock:
    """What stands in for the state's work: a result, or an error."""

    result: Json = None
    failure: StatesError | None = None

    def play(self) -> Json:
        """The result.

        Raises:
            StatesError: the mocked failure.
        """
        if self.failure is not None:
            raise self.failure
        return self.result


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A state and what it is tried with; `retries` are those it had already.

    `reader_data` is what an ItemReader would have found in its source.
    """

    state: State
    input: Json
    variables: Mapping[str, Json] = field(default_factory=dict)
    context: Mapping[str, Json] = field(default_factory=dict)
    mock: Mock | None = None
    retries: int = 0
    failed_iterations: int = 0
    reader_data: str | None = None


@dataclass(slots=True, kw_only=True)
class Finding:
    """How a trial ended, and what was seen on the way, by the names of the API."""

    verdict: Verdict = Verdict.FAILED
    output: Json = None
    next: str | None = None
    error: str | None = None
    cause: str | None = None
    seen: dict[str, Any] = field(default_factory=dict)


def needs_mock(state: State) -> bool:
    """Whether the state cannot be tried without a mock."""
    if isinstance(state, TaskState):
        resource = state.resource
        return (
            resource.kind is ResourceKind.ACTIVITY
            or resource.pattern is not Pattern.REQUEST_RESPONSE
        )
    return isinstance(state, (MapState, ParallelState))


async def try_state(runtime: Runtime, trial: Trial) -> Finding:
    """Run the state once; retriers and catchers are looked up, not followed."""
    finding = Finding(seen={"input": dumps(trial.input)})
    state, scope = trial.state, None
    try:
        scope = state.flow.enter(trial.input, _context(trial), trial.variables)
        following, outcome, variables = await _attempt(runtime, trial, scope, finding)
    except StatesError as failure:
        _judge(runtime, trial, scope, _explained(state, failure), finding)
        return finding
    finding.verdict = Verdict.SUCCEEDED
    finding.output, finding.next = outcome.output, following
    finding.seen["variables"] = dumps({**variables, **(outcome.assigned or {})})
    return finding


async def _attempt(
    runtime: Runtime, trial: Trial, scope: Scope, finding: Finding
) -> tuple[str | None, Outcome, Mapping[str, Json]]:
    state, seen = trial.state, finding.seen
    results: list[Json] = []

    async def perform(call: Call) -> Json:
        result = trial.mock.play() if trial.mock else await runtime.perform(call)
        results.append(result)
        return result

    _see_arguments(state, scope, seen)
    if isinstance(state, (MapState, ParallelState)):
        assert trial.mock is not None
        if isinstance(state, MapState):
            _see_map(trial, state, scope, seen)
        results.append(trial.mock.play())
        following, outcome = state.next, state.flow.finish(scope, results[0])
    else:
        branch = _branch(replace(runtime, perform=perform, journal=None), trial)
        following, outcome = await KINDS[type(state)].work(Visit(branch, state, scope))
    _see_result(state, scope, results[0] if results else None, seen)
    return following, outcome, trial.variables


def _see_arguments(state: State, scope: Scope, seen: dict[str, Any]) -> None:
    arguments = dumps(state.flow.arguments(scope))
    if state.query_language is QueryLanguage.JSONATA:
        seen["afterArguments"] = arguments
    else:
        seen["afterInputPath"] = dumps(scope.input)
        seen["afterParameters"] = arguments


def _see_result(state: State, scope: Scope, result: Json, seen: dict[str, Any]) -> None:
    if isinstance(state, (TaskState, MapState, ParallelState)):
        seen["result"] = dumps(result)
    else:
        result = state.flow.arguments(scope)
    if isinstance(state.flow, JsonPathFlow):
        selected = state.flow.select(scope, result)
        seen["afterResultSelector"] = dumps(selected)
        seen["afterResultPath"] = dumps(state.flow.combine(scope, selected))


def _see_map(trial: Trial, state: MapState, scope: Scope, seen: dict[str, Any]) -> None:
    items = _items(trial, state, scope, seen)
    seen["afterItemsPath"] = dumps(items)
    if state.item_selector is not None:
        chosen = [select(state, scope, item, index) for index, item in enumerate(items)]
        seen["afterItemSelector"] = dumps(chosen)
    seen["maxConcurrency"] = state.max_concurrency(scope)
    count, percentage = state.tolerated_failure_count, state.tolerated_failure_percentage
    if count is not None:
        seen["toleratedFailureCount"] = count(scope)
    if percentage is not None:
        seen["toleratedFailurePercentage"] = percentage(scope)
    if trial.failed_iterations > seen.get("toleratedFailureCount", 0):
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


def _judge(
    runtime: Runtime, trial: Trial, scope: Scope | None, failure: StatesError, finding: Finding
) -> None:
    """Whether the failure would be retried, caught, or fatal."""
    finding.error, finding.cause = failure.error, failure.cause
    state = trial.state
    if scope is None or not isinstance(state, (TaskState, MapState, ParallelState)):
        return
    index = find_retrier(state.retry, failure.error)
    if index is not None and trial.retries < state.retry[index].max_attempts:
        retrier: Retrier = state.retry[index]
        delay = retry_delay_seconds(retrier, trial.retries + 1, runtime.random)
        finding.verdict = Verdict.RETRIABLE
        finding.seen["errorDetails"] = {
            "retryIndex": index,
            "retryBackoffIntervalSeconds": round(delay),
        }
        return
    catcher = find_catcher(state.catch, failure.error)
    if catcher is None:
        return
    outcome = catcher.flow.finish(scope, {"Error": failure.error, "Cause": failure.cause})
    finding.verdict = Verdict.CAUGHT_ERROR
    finding.output, finding.next = outcome.output, catcher.next
    finding.seen["errorDetails"] = {"catchIndex": state.catch.index(catcher)}
    finding.seen["variables"] = dumps({**trial.variables, **(outcome.assigned or {})})


def _explained(state: State, failure: StatesError) -> StatesError:
    if not isinstance(failure, EvaluationError):
        return failure
    cause = (
        f"An error occurred while executing the state '{state.name}' "
        f"(entered at the event id #0). {failure.cause}"
    )
    return StatesError(failure.error, cause)


def _context(trial: Trial) -> dict[str, Json]:
    own: dict[str, Json] = {"Name": trial.state.name, "RetryCount": trial.retries}
    return {**trial.context, "State": {**own, **trial.context.get("State", {})}}


def _branch(runtime: Runtime, trial: Trial) -> Branch:
    """The root of an execution that nobody can see."""
    state = trial.state
    workflow = Workflow(start_at=state.name, states={state.name: state})
    machine = StateMachine(
        workflow=workflow,
        query_language=state.query_language,
        timeout_seconds=None,
        comment=None,
        version="1.0",
    )
    plan = Plan(
        state_machine_arn=runtime.arn("stateMachine", "TestState"),
        state_machine_name="TestState",
        version_arn=None,
        alias_arn=None,
        definition="{}",
        machine=machine,
        role_arn="",
        revision_id="",
        express=True,
        updated_at=runtime.clock.now(),
    )
    name = str(uuid4())
    arn = runtime.arn("express", f"TestState:{name}")
    return Execution(runtime, plan, arn=arn, name=name, input_text=dumps(trial.input)).root
