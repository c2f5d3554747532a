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
    PassState,
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
from localcloud.stepfunctions.map_run import Tolerance
from localcloud.stepfunctions.maps.readers import read_items
from localcloud.stepfunctions.plan import Plan
from localcloud.stepfunctions.query.item_fields import shown
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonpath_flow import JsonPathFlow
from localcloud.stepfunctions.query.scope import Json, Outcome, Scope
from localcloud.stepfunctions.query.templates import Constant
from localcloud.stepfunctions.runtime import Runtime
from localcloud.stepfunctions.states.map_inline import select
from localcloud.stepfunctions.timestamps import iso_milliseconds
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
    context: Mapping[str, Json] | None = None
    role_arn: str | None = None
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
        scope = state.flow.enter(trial.input, _context(runtime, trial), trial.variables)
        following, outcome = await _attempt(runtime, trial, scope, finding)
    except StatesError as failure:
        _judge(runtime, trial, scope, _explained(state, failure), finding)
        return finding
    finding.verdict = Verdict.SUCCEEDED
    finding.output, finding.next = outcome.output, following
    _see_variables(trial, outcome, finding.seen)
    return finding


def _see_variables(trial: Trial, outcome: Outcome, seen: dict[str, Any]) -> None:
    if variables := {**trial.variables, **(outcome.assigned or {})}:
        seen["variables"] = dumps(variables)


async def _attempt(
    runtime: Runtime, trial: Trial, scope: Scope, finding: Finding
) -> tuple[str | None, Outcome]:
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
    return following, outcome


def _see_arguments(state: State, scope: Scope, seen: dict[str, Any]) -> None:
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


def _see_result(state: State, scope: Scope, result: Json, seen: dict[str, Any]) -> None:
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


def _see_map(trial: Trial, state: MapState, scope: Scope, seen: dict[str, Any]) -> None:
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


def _judge(
    runtime: Runtime, trial: Trial, scope: Scope | None, failure: StatesError, finding: Finding
) -> None:
    """Whether the failure would be retried, caught, or fatal."""
    finding.error, finding.cause = failure.error, failure.cause
    state = trial.state
    if scope is None or not isinstance(state, (TaskState, MapState, ParallelState)):
        return
    index = find_retrier(state.retry, failure.matched_as)
    if index is not None:
        finding.seen["errorDetails"] = {"retryIndex": index}
    if index is not None and trial.retries < state.retry[index].max_attempts:
        retrier: Retrier = state.retry[index]
        delay = retry_delay_seconds(retrier, trial.retries + 1, runtime.random)
        finding.verdict = Verdict.RETRIABLE
        finding.seen["errorDetails"] = {
            "retryIndex": index,
            "retryBackoffIntervalSeconds": round(delay),
        }
        return
    catcher = find_catcher(state.catch, failure.matched_as)
    if catcher is None:
        return
    outcome = catcher.flow.finish(scope, {"Error": failure.error, "Cause": failure.cause})
    finding.verdict = Verdict.CAUGHT_ERROR
    finding.output, finding.next = outcome.output, catcher.next
    finding.seen["errorDetails"] = {"catchIndex": state.catch.index(catcher)}
    _see_variables(trial, outcome, finding.seen)


def _explained(state: State, failure: StatesError) -> StatesError:
    if not isinstance(failure, EvaluationError):
        return failure
    cause = (
        f"An error occurred while executing the state '{state.name}' "
        f"(entered at the event id #0). {failure.cause}"
    )
    return StatesError(failure.error, cause)


def _context(runtime: Runtime, trial: Trial) -> Mapping[str, Json]:
    """The context object: the one that was given, or one of an execution that might be."""
    if trial.context is not None:
        return trial.context
    state, name, machine = trial.state, str(uuid4()), str(uuid4())
    now = iso_milliseconds(runtime.clock.now())
    own: dict[str, Json] = {"Name": state.name or "StateName", "EnteredTime": now}
    if isinstance(state, (TaskState, MapState, ParallelState)):
        own["RetryCount"] = trial.retries
    context: dict[str, Json] = {
        "Execution": {
            "Id": runtime.arn("express", f"{machine}:{name}"),
            "Input": trial.input,
            "Name": name,
            "RoleArn": trial.role_arn,
            "StartTime": now,
        },
        "StateMachine": {"Id": runtime.arn("stateMachine", machine), "Name": machine},
        "State": own,
    }
    if isinstance(state, TaskState) and state.resource.pattern is Pattern.WAIT_FOR_TASK_TOKEN:
        context["Task"] = {"Token": runtime.tokens.issue()}
    return context


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
