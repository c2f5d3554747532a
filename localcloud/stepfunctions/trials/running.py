"""Running one state by itself.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import uuid4

from localcloud.stepfunctions.definition.model import (
    MapState,
    ParallelState,
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
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.interpreter import KINDS
from localcloud.stepfunctions.engine.plan import Plan
from localcloud.stepfunctions.engine.runtime import Runtime
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.errors import EvaluationError, StatesError
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json, Outcome, Scope
from localcloud.stepfunctions.timestamps import iso_milliseconds
from localcloud.stepfunctions.trials.inspection import (
    see_arguments,
    see_map,
    see_result,
    see_variables,
)
from localcloud.stepfunctions.trials.trial import Finding, Trial, Verdict

MAX_SECONDS: Final = 300


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
    see_variables(trial, outcome, finding.seen)
    return finding


async def _attempt(
    runtime: Runtime, trial: Trial, scope: Scope, finding: Finding
) -> tuple[str | None, Outcome]:
    state, seen = trial.state, finding.seen
    results: list[Json] = []

    async def perform(call: Call) -> Json:
        result = trial.mock.play() if trial.mock else await runtime.perform(call)
        results.append(result)
        return result

    see_arguments(state, scope, seen)
    if isinstance(state, (MapState, ParallelState)):
        assert trial.mock is not None
        if isinstance(state, MapState):
            see_map(trial, state, scope, seen)
        results.append(trial.mock.play())
        following, outcome = state.next, state.flow.finish(scope, results[0])
    else:
        branch = _branch(replace(runtime, perform=perform, journal=None), trial)
        following, outcome = await KINDS[type(state)].work(Visit(branch, state, scope))
    see_result(state, scope, results[0] if results else None, seen)
    return following, outcome


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
    see_variables(trial, outcome, finding.seen)


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
