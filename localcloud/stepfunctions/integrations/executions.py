"""`states:startExecution`: child executions, awaited with `.sync` or `.sync:2`.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

import json
from typing import Any

from localcloud.stepfunctions.definition.resources import Pattern
from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.scheduler import CancelledError
from localcloud.stepfunctions.engine.status import Status
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.integrations import service
from localcloud.stepfunctions.integrations.announcement import status_detail
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json


async def follow(call: Call, started: Json) -> Json:
    """The child's description once it has succeeded.

    Raises:
        StatesError: `States.TaskFailed` with the description as its cause; `States.Timeout`.
    """
    call.note_progress(started=started)
    child: Execution | None = call.runtime.executions.get(started["ExecutionArn"])
    if child is None:
        raise service.lost(call.resource)
    try:
        await call.patience.wait(child.ended)
    except (CancelledError, StatesError):
        abandon(call, started)
        raise
    described = _describe(child, parsed=call.resource.pattern is Pattern.SYNC_2)
    if child.status is not Status.SUCCEEDED:
        raise StatesError("States.TaskFailed", dumps(described))
    return described


def abandon(call: Call, started: Json) -> None:
    """Stop a child that nobody waits for."""
    child = call.runtime.executions.get(started["ExecutionArn"])
    if child is not None:
        child.stop(None, "The execution that started this one waits for it no longer")


def _describe(child: Execution, *, parsed: bool) -> dict[str, Any]:
    def payload(text: str | None) -> Json:
        return json.loads(text) if parsed and text is not None else text

    detail = status_detail(child)
    described = {
        "ExecutionArn": detail["executionArn"],
        "Input": payload(detail["input"]),
        "InputDetails": {"Included": True},
        "Name": detail["name"],
        "Output": payload(detail["output"]),
        "OutputDetails": detail["output"] and {"Included": True},
        "StartDate": detail["startDate"],
        "StateMachineArn": detail["stateMachineArn"],
        "Status": detail["status"],
        "StopDate": detail["stopDate"],
        "Error": detail["error"],
        "Cause": detail["cause"],
    }
    return {name: value for name, value in described.items() if value is not None}
