"""Task: calls an integration."""

from __future__ import annotations

from localcloud.stepfunctions.definition.model import TaskState
from localcloud.stepfunctions.definition.resources import ResourceKind
from localcloud.stepfunctions.errors import EvaluationError, StatesError
from localcloud.stepfunctions.integrations.call import Call, Patience, TaskLog
from localcloud.stepfunctions.query.scope import Outcome
from localcloud.stepfunctions.visit import Visit


async def task(visit: Visit[TaskState]) -> tuple[str | None, Outcome]:
    """Call the resource once.

    Raises:
        StatesError: with the error name of the service, or `States.Timeout`,
            `States.HeartbeatTimeout`, `States.DataLimitExceeded`.
    """
    call = _schedule(visit)
    try:
        result = await visit.runtime.perform(call)
        call.finish(result)
    except EvaluationError:
        raise
    except StatesError as failure:
        call.log.failed(failure)
        raise
    finally:
        call.patience.end()
    return visit.state.next, visit.state.flow.finish(visit.scope, result)


def _schedule(visit: Visit[TaskState]) -> Call:
    state, scope, branch, runtime = visit.state, visit.scope, visit.branch, visit.runtime
    arguments = state.flow.arguments(scope)
    timeout = None if state.timeout_seconds is None else state.timeout_seconds(scope)
    heartbeat = None if state.heartbeat_seconds is None else state.heartbeat_seconds(scope)
    log = TaskLog(branch, state.resource, runtime.region)
    log.scheduled(arguments, timeout, heartbeat)
    if state.resource.kind is not ResourceKind.ACTIVITY:
        log.started()
    patience = Patience(runtime, runtime.clock.now(), timeout, heartbeat)
    return Call(
        branch=branch,
        runtime=runtime,
        resource=state.resource,
        arguments=arguments,
        log=log,
        patience=patience,
    )
