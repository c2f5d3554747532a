"""`events:putEvents`: names the execution in every event, and fails if one was not taken.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html
"""

from __future__ import annotations

from dataclasses import replace

from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.integrations import service
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json


async def put(call: Call) -> Json:
    """The response, in which every entry was taken.

    Raises:
        StatesError: `EventBridge.FailedEntry`.
    """
    execution = call.branch.execution
    sources = [execution.plan.state_machine_arn, execution.arn]
    entries = [
        {**entry, "Resources": [*entry.get("Resources", ()), *sources]}
        for entry in call.arguments.get("Entries", ())
    ]
    sent = replace(call, arguments={**call.arguments, "Entries": entries})
    response = await service.request(sent)
    if response["FailedEntryCount"]:
        raise StatesError("EventBridge.FailedEntry", dumps(response))
    return response
