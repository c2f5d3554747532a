"""Which integration serves which resource."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from localcloud.stepfunctions.definition.resources import Pattern, ResourceKind
from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.integrations import (
    activity,
    events,
    executions,
    glue,
    lambda_,
    service,
)
from localcloud.stepfunctions.integrations.callback import open_wait, wait_for_token
from localcloud.stepfunctions.query.scope import Json

Integration = Callable[[Call], Coroutine[Any, None, Json]]

# What the optimized integrations do in place of calling the service's action as it is.
_REQUESTS: Final[Mapping[tuple[str, str], Integration]] = {
    ("lambda", "invoke"): lambda_.invoke,
    ("events", "putEvents"): events.put,
}


@dataclass(frozen=True, slots=True)
class Job:
    """Something that a `.sync` integration starts: follow it to its end, or abandon it."""

    follow: Callable[[Call, Json], Coroutine[Any, None, Json]]
    abandon: Callable[[Call, Json], None]


_JOBS: Final[Mapping[tuple[str, str], Job]] = {
    ("glue", "startJobRun"): Job(glue.follow, glue.abandon),
    ("states", "startExecution"): Job(executions.follow, executions.abandon),
}


class TokenAnsweredError(Exception):
    """Somebody answered the token of a `.sync` task, whose job has not ended."""


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
    if resource.pattern in (Pattern.SYNC, Pattern.SYNC_2):
        return await _run_job(call, _job(call))
    is_optimized = resource.kind is ResourceKind.OPTIMIZED
    request = _REQUESTS.get(name, service.request) if is_optimized else service.request
    if resource.pattern is Pattern.WAIT_FOR_TASK_TOKEN:
        return await wait_for_token(call, request)
    return await request(call)


async def _run_job(call: Call, job: Job) -> Json:
    """What a job ends with, or the answer to the task's token if that comes first.

    The job goes on after such an answer: nobody has asked to stop it.
    """
    token: str = call.progress["token"]
    wait = open_wait(call, token)
    try:
        if (started := call.progress.get("started")) is None:
            started = await service.request(call, lambda late: job.abandon(call, late))
            call.log.submitted(started)
        wait.answer.when_done(lambda: call.patience.interrupt(TokenAnsweredError()))
        return await job.follow(call, started)
    except TokenAnsweredError:
        return wait.answer.result()
    finally:
        call.runtime.tokens.close(token)


def _job(call: Call) -> Job:
    job = _JOBS.get((call.resource.service, call.resource.action))
    if job is None:
        raise EvaluationError(
            "States.Runtime", f"The local cloud does not run '{call.resource.arn}'"
        )
    return job


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
    if resource.pattern is Pattern.WAIT_FOR_TASK_TOKEN and call.progress.get("submitted"):
        return await wait_for_token(call, service.request)
    if "started" in call.progress:
        return await _run_job(call, _job(call))
    call.runtime.tokens.close(call.progress.get("token", ""))
    raise service.lost(resource)
