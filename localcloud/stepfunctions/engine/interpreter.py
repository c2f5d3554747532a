"""The run loop: visit one state after the other, retry and catch what fails.

Every state type is one coroutine `work(visit) -> (next state or None, Outcome)` in `states/`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from localcloud.stepfunctions.definition.model import (
    Catcher,
    ChoiceState,
    FailState,
    MapState,
    ParallelState,
    PassState,
    Retrier,
    State,
    SucceedState,
    TaskState,
    WaitState,
)
from localcloud.stepfunctions.definition.resources import Pattern
from localcloud.stepfunctions.definition.transitions import (
    find_catcher,
    find_retrier,
    retry_delay_seconds,
)
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.limits import (
    OutputTooLargeError,
    check_output,
    check_variables,
)
from localcloud.stepfunctions.engine.scheduler import BREATH
from localcloud.stepfunctions.engine.states.choice import choice
from localcloud.stepfunctions.engine.states.fail import fail
from localcloud.stepfunctions.engine.states.map_ import map_
from localcloud.stepfunctions.engine.states.parallel import parallel
from localcloud.stepfunctions.engine.states.pass_ import pass_
from localcloud.stepfunctions.engine.states.succeed import succeed
from localcloud.stepfunctions.engine.states.task import task
from localcloud.stepfunctions.engine.states.wait import wait
from localcloud.stepfunctions.engine.steps import Enter, Mark, Retry
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.errors import EvaluationError, StatesError
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json, Outcome
from localcloud.stepfunctions.timestamps import iso_milliseconds

Work = Callable[[Visit[Any]], Coroutine[Any, None, tuple[str | None, Outcome]]]

# A branch that has run for so long lets the others go on.
_SLICE_SECONDS: Final = 0.002

_WITH_TOKEN: Final = (Pattern.SYNC, Pattern.SYNC_2, Pattern.WAIT_FOR_TASK_TOKEN)


@dataclass(frozen=True, slots=True)
class Kind:
    """A state type: the word in its events' names, and what it does."""

    word: str
    work: Work
    has_children: bool = False


KINDS: Final[Mapping[type[State], Kind]] = {
    PassState: Kind("Pass", pass_),
    TaskState: Kind("Task", task),
    ChoiceState: Kind("Choice", choice),
    WaitState: Kind("Wait", wait),
    SucceedState: Kind("Succeed", succeed),
    FailState: Kind("Fail", fail),
    ParallelState: Kind("Parallel", parallel, has_children=True),
    MapState: Kind("Map", map_, has_children=True),
}


async def run(branch: Branch) -> None:
    """Run a branch from where it stands to its end, where `branch.input` is its output.

    Raises:
        StatesError: a state failed and nothing caught it; `branch.at` is that state.
    """
    states = branch.workflow.states
    began = perf_counter()
    while branch.at is not None:
        await _visit(branch, states[branch.at])
        if perf_counter() - began > _SLICE_SECONDS:
            await BREATH
            began = perf_counter()


async def _visit(branch: Branch, state: State) -> None:
    kind = KINDS[type(state)]
    before_id = branch.previous_id
    if not branch.entered_id:
        branch.record(
            f"{kind.word}StateEntered",
            {"name": state.name, "input": branch.text},
            Enter(branch.execution.runtime.clock.now()),
        )
    while True:
        try:
            next_state, outcome = await kind.work(_begin(branch, state))
            text = dumps(outcome.output)
            check_output(state.name, text)
            assigned = _assigned(state, outcome)
            break
        except StatesError as error:
            failure = _report(branch, state, error, before_id)
        if await _retry(branch, state, failure):
            continue
        chain_id = branch.previous_id
        _fail(branch, kind, failure)
        try:
            next_state, outcome = _catch(branch, state, failure)
            assigned = _assigned(state, outcome)
        except EvaluationError as error:
            again = _report(branch, state, error, chain_id)
            _fail(branch, kind, again)
            raise again from error
        text = dumps(outcome.output)
        break
    details: dict[str, Any] = {"name": state.name, "output": text}
    if assigned:
        details["assignedVariables"] = assigned
    branch.leave(f"{kind.word}StateExited", details, next_state, outcome.output, outcome.assigned)


def _assigned(state: State, outcome: Outcome) -> dict[str, str]:
    texts = {name: dumps(value) for name, value in (outcome.assigned or {}).items()}
    check_variables(state.name, texts)
    return texts


def _begin(branch: Branch, state: State) -> Visit[State]:
    own: dict[str, Json] = {"Name": state.name, "EnteredTime": iso_milliseconds(branch.entered_at)}
    context: dict[str, Json] = {**branch.execution.context, "State": own}
    if branch.map_item is not None:
        context["Map"] = branch.map_item
    if isinstance(state, (TaskState, ParallelState, MapState)):
        own["RetryCount"] = sum(branch.attempts.values())
        if isinstance(state, TaskState) and state.resource.pattern in _WITH_TOKEN:
            context["Task"] = {"Token": _token(branch)}
    return Visit(branch, state, state.flow.enter(branch.input, context, branch.variables))


def _token(branch: Branch) -> str:
    """The token of this attempt: a new one, or the one it waited for before a restart."""
    if "token" not in (branch.mark or {}):
        branch.step(Mark({"token": branch.execution.runtime.tokens.issue()}))
    assert branch.mark is not None
    token: str = branch.mark["token"]
    return token


def _report(branch: Branch, state: State, error: StatesError, before_id: int) -> StatesError:
    """The error as the world sees it: an evaluation's names the state and its event."""
    if not isinstance(error, EvaluationError):
        return error
    cause = (
        f"An error occurred while executing the state '{state.name}' "
        f"(entered at the event id #{branch.entered_id}). {error.cause}"
    )
    failure = StatesError(error.error, cause)
    if error.error == "States.QueryEvaluationError":
        details = {"error": error.error, "cause": cause, "state": state.name}
        if error.location is not None:
            details["location"] = error.location
        branch.previous_id = branch.execution.record("EvaluationFailed", before_id, details)
    return failure


def _fail(branch: Branch, kind: Kind, failure: StatesError) -> None:
    """Tell that the state itself has failed, before anybody may catch it."""
    if kind.has_children and failure.error != "States.Runtime":
        branch.record(f"{kind.word}StateFailed")


async def _retry(branch: Branch, state: State, failure: StatesError) -> bool:
    """Wait for the next attempt, if a retrier still allows one."""
    if not isinstance(state, (TaskState, ParallelState, MapState)):
        return False
    if isinstance(failure, OutputTooLargeError):
        return False
    index = find_retrier(state.retry, failure.matched_as)
    if index is None:
        return False
    retrier: Retrier = state.retry[index]
    attempt = branch.attempts.get(index, 0) + 1
    if attempt > retrier.max_attempts:
        return False
    branch.step(Retry({**branch.attempts, index: attempt}))
    runtime = branch.execution.runtime
    delay = retry_delay_seconds(retrier, attempt, runtime.random)
    if delay > 0:
        await runtime.sleep_until(runtime.clock.now() + delay)
    return True


def _catch(branch: Branch, state: State, failure: StatesError) -> tuple[str, Outcome]:
    catchers: tuple[Catcher, ...] = ()
    if isinstance(state, (TaskState, ParallelState, MapState)):
        catchers = state.catch
    if isinstance(failure, OutputTooLargeError):
        catchers = tuple(c for c in catchers if failure.error in c.error_equals)
    catcher = find_catcher(catchers, failure.matched_as)
    if catcher is None:
        if branch.path and isinstance(state, TaskState) and _was_scheduled(branch):
            branch.note("TaskStateAborted")
        raise failure
    scope = _begin(branch, state).scope
    cause = "" if failure.error == "States.Timeout" else None  # what AWS tells in place of none
    error_output = {
        "Error": failure.error,
        "Cause": cause if failure.cause is None else failure.cause,
    }
    return catcher.next, catcher.flow.finish(scope, error_output)


def _was_scheduled(branch: Branch) -> bool:
    """Whether the task got as far as being called: a task that did not leaves no such event."""
    return branch.mark is not None and "failure" in branch.mark
