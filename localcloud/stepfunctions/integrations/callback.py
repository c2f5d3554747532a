"""`.waitForTaskToken`: the task ends when somebody answers its token."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from localcloud.stepfunctions.integrations.call import Call
from localcloud.stepfunctions.query.scope import Json


async def wait_for_token(call: Call, request: Callable[[Call], Coroutine[Any, None, Json]]) -> Json:
    """Send the request, then wait for the answer, which may come before the response.

    The token is open before the request leaves, so that a function may answer at once.
    """
    assert call.branch.mark is not None
    token: str = call.branch.mark["token"]
    tokens = call.runtime.tokens
    wait = tokens.open(token)
    wait.beat = call.patience.beat
    call.patience.beat()
    try:
        if "submitted" not in call.branch.mark:
            call.log.submitted(await request(call))
            call.branch.mark["submitted"] = True
        return await call.patience.wait(wait.answer)
    finally:
        tokens.close(token)
