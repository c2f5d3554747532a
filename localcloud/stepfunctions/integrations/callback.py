"""`.waitForTaskToken`: the task ends when somebody answers its token."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.engine.tokens import Wait
from localcloud.stepfunctions.query.scope import Json


async def wait_for_token(call: Call, request: Callable[[Call], Coroutine[Any, None, Json]]) -> Json:
    """Send the request, then wait for the answer, which may come before the response.

    The token is open before the request leaves, so that a function may answer at once.
    """
    token: str = call.progress["token"]
    wait = open_wait(call, token)
    try:
        if not call.progress.get("submitted"):
            call.log.submitted(await request(call))
            call.note_progress(submitted=True)
        call.patience.beat()  # silence counts from here: not while a function runs
        return await call.patience.wait(wait.answer)
    finally:
        call.runtime.tokens.close(token)


def open_wait(call: Call, token: str) -> Wait:
    """Begin to wait for a token; an answer that a former process accepted is there at once."""
    wait = call.runtime.tokens.open(token, lambda answer: call.note_progress(answer=answer))
    wait.beat = call.patience.beat
    if (answer := call.progress.get("answer")) is not None:
        wait.settle(answer)
    return wait
