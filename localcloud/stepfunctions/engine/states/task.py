"""Task: calls an integration."""

from __future__ import annotations

from localcloud.stepfunctions.definition.model import TaskState
from localcloud.stepfunctions.definition.resources import Resource, ResourceKind
from localcloud.stepfunctions.engine.call import Call, Patience, TaskLog
from localcloud.stepfunctions.engine.runtime import Perform, Runtime
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.errors import EvaluationError, StatesError
from localcloud.stepfunctions.query.scope import Outcome


async def task(visit: Visit[TaskState]) -> tuple[str | None, Outcome]:
    """Call the resource once.

    Raises:
        StatesError: with the error name of the service, or `States.Timeout`,
            `States.DataLimitExceeded`.
    """
    mark = visit.branch.mark or {}
    if "result" in mark:  # the process died between the task's end and the state's
        return visit.state.next, visit.state.flow.finish(visit.scope, mark["result"])
    if "failure" in mark:
        raise StatesError(mark["failure"]["error"], mark["failure"]["cause"])
    call, perform = _schedule(visit)
    try:
        result = await perform(call)
        call.finish(result)
    except EvaluationError:
        raise
    except StatesError as failure:
        call.log.failed(failure)
        raise
    finally:
        call.patience.end()
    return visit.state.next, visit.state.flow.finish(visit.scope, result)


def _schedule(visit: Visit[TaskState]) -> tuple[Call, Perform]:
    """The call, and how to do it: anew, or going on from where a former process left it."""
    state, scope, branch, runtime = visit.state, visit.scope, visit.branch, visit.runtime
    arguments = state.flow.arguments(scope)
    log = TaskLog(branch, state.resource, runtime.region)
    perform = runtime.resume
    if branch.mark is None or "scheduled" not in branch.mark:
        _check_activity(state.resource, runtime)
        perform = runtime.perform
        timeout = None if state.timeout_seconds is None else state.timeout_seconds(scope)
        heartbeat = None if state.heartbeat_seconds is None else state.heartbeat_seconds(scope)
        credentials = None if state.credentials is None else state.credentials(scope)
        log.scheduled(arguments, timeout, heartbeat, credentials)
        if state.resource.kind is not ResourceKind.ACTIVITY:
            log.started()
    assert branch.mark is not None
    mark = branch.mark
    patience = Patience(runtime, mark["scheduled"], mark["timeout"], mark["heartbeat"])
    call = Call(
        branch=branch,
        runtime=runtime,
        resource=state.resource,
        arguments=arguments,
        log=log,
        patience=patience,
    )
    return call, perform


def _check_activity(resource: Resource, runtime: Runtime) -> None:
    if resource.kind is ResourceKind.ACTIVITY and resource.arn not in runtime.activities:
        raise EvaluationError("States.Runtime", f"The activity {resource.arn} does not exist.")
