"""`glue:startJobRun.sync`: follows a job run to its end, and stops it if nobody wants it.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html
"""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.engine.scheduler import CancelledError, Promise
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.integrations import service
from localcloud.stepfunctions.integrations.shapes import from_response
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json

# The end is told; to look between times finds a run that was lost.
_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 0.2
_PAUSE_GROWTH: Final = 1.5

_UNDER_WAY: Final = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})


async def follow(call: Call, started: Json) -> Json:
    """The job run once it has succeeded.

    Raises:
        StatesError: `States.TaskFailed` with the run as its cause; `States.Timeout`.
    """
    call.note_progress(started=started)
    try:
        state = await _wait(call, _run(call, started))
    except (CancelledError, StatesError):
        abandon(call, started)
        raise
    if state["JobRunState"] != "SUCCEEDED":
        raise StatesError("States.TaskFailed", dumps(state))
    return state


def abandon(call: Call, started: Json) -> None:
    """Stop a job run that nobody waits for."""
    run = _run(call, started)

    def stop() -> None:
        client = call.runtime.client("glue")
        client.batch_stop_job_run(JobName=run["JobName"], JobRunIds=[run["RunId"]])

    call.runtime.workers.submit(stop)


def _run(call: Call, started: Json) -> dict[str, str]:
    return {"JobName": call.arguments["JobName"], "RunId": started["JobRunId"]}


async def _wait(call: Call, run: dict[str, str]) -> dict[str, Any]:
    pause = _FIRST_PAUSE_SECONDS
    ended = call.runtime.job_ends[run["RunId"]] = Promise()
    try:
        while True:
            state = await call.blocking(lambda: _describe(call, run))
            if state["JobRunState"] not in _UNDER_WAY:
                return state
            await call.pause(pause, ended)
            pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
    finally:
        call.runtime.job_ends.pop(run["RunId"], None)


def _describe(call: Call, run: dict[str, str]) -> dict[str, Any]:
    client = call.runtime.client("glue")
    shape = client.meta.service_model.operation_model("GetJobRun").output_shape
    try:
        response = client.get_job_run(**run)
    except client.exceptions.EntityNotFoundException as error:
        raise service.lost(call.resource) from error
    except (ClientError, BotoCoreError) as error:
        raise service.failure(call, client, error) from error
    described: dict[str, Any] = from_response(
        response["JobRun"], shape.members["JobRun"], iso_times=False
    )
    return described
