"""Activities: tasks that workers anywhere fetch by GetActivityTask."""

from __future__ import annotations

from localcloud.stepfunctions.activities import Offer
from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.integrations.callback import open_wait
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json


async def offer(call: Call) -> Json:
    """Lay the task out for a worker and wait until one has answered it.

    Silence counts from when a worker has taken it.
    """
    runtime = call.runtime
    activity = runtime.activities.get(call.resource.arn)
    if activity is None:
        raise StatesError("States.Runtime", f"The activity '{call.resource.arn}' does not exist")
    token: str = call.progress.get("token") or runtime.tokens.issue()
    call.note_progress(token=token)
    wait = open_wait(call, token)

    def taken(worker_name: str | None) -> None:
        call.log.started(worker_name)
        call.note_progress(taken=True)
        call.patience.beat()

    laid_out = Offer(token=token, input_text=dumps(call.arguments), taken=taken)
    if call.progress.get("taken"):
        call.patience.beat()
    else:
        activity.offer(laid_out)
    try:
        return await call.patience.wait(wait.answer)
    finally:
        activity.withdraw(laid_out)
        runtime.tokens.close(token)
