"""Which integration serves which resource."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from localcloud.stepfunctions.definition.resources import Pattern, ResourceKind
from localcloud.stepfunctions.integrations import activity, executions, glue, lambda_, service
from localcloud.stepfunctions.integrations.call import Call
from localcloud.stepfunctions.integrations.callback import wait_for_token
from localcloud.stepfunctions.query.scope import Json

Integration = Callable[[Call], Coroutine[Any, None, Json]]

# What the optimized integrations do beyond calling the service's action.
_REQUESTS: Final[Mapping[tuple[str, str], Integration]] = {
    ("lambda", "invoke"): lambda_.invoke,
    ("states", "startExecution"): executions.start,
}
_JOBS: Final[Mapping[tuple[str, str], Callable[[Call, Json], Coroutine[Any, None, Json]]]] = {
    ("glue", "startJobRun"): glue.follow,
    ("states", "startExecution"): executions.follow,
}


async def perform(call: Call) -> Json:
    """Do what the task's resource names and return its result.

    Raises:
        StatesError: it failed.
    """
    resource = call.resource
    if resource.kind is ResourceKind.LAMBDA:
        return await lambda_.invoke_function(call)
    if resource.kind is ResourceKind.ACTIVITY:
        return await activity.offer(call)
    name = (resource.service, resource.action)
    is_optimized = resource.kind is ResourceKind.OPTIMIZED
    request = _REQUESTS.get(name, service.request) if is_optimized else service.request
    if resource.pattern is Pattern.WAIT_FOR_TASK_TOKEN:
        return await wait_for_token(call, request)
    response = await request(call)
    if resource.pattern is Pattern.REQUEST_RESPONSE:
        return response
    call.log.submitted(response)
    return await _JOBS[name](call, response)


async def resume(call: Call) -> Json:
    """Go on with a task that was under way when the process died.

    What waits for a token, a worker or a job goes on waiting. A call whose answer was still out
    is lost, as it would be with a worker of Step Functions that died: Retry and Catch decide.

    Raises:
        StatesError: `….SdkClientException`, or the task failed since.
    """
    resource = call.resource
    if resource.kind is ResourceKind.ACTIVITY:
        return await activity.offer(call)
    name = (resource.service, resource.action)
    if resource.pattern is Pattern.WAIT_FOR_TASK_TOKEN and call.progress.get("submitted"):
        return await wait_for_token(call, service.request)
    if (started := call.progress.get("started")) is not None:
        return await _JOBS[name](call, started)
    call.runtime.tokens.close(call.progress.get("token", ""))
    raise service.lost(resource)
