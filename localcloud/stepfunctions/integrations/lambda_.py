"""Lambda functions, by their ARN or by `lambda:invoke`.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final

from localcloud.stepfunctions.errors import EvaluationError, StatesError
from localcloud.stepfunctions.integrations.call import Call
from localcloud.stepfunctions.integrations.metadata import lambda_headers, with_metadata
from localcloud.stepfunctions.query.json_text import dumps, loads
from localcloud.stepfunctions.query.scope import Json
from localcloud.stepfunctions.runtime import LambdaReply, ServiceError

# Deaths of the function's process, which AWS reports without a type of their own.
_UNKNOWN: Final = frozenset({"Runtime.ExitError", "Runtime.OutOfMemory"})
_PARAMETERS: Final = frozenset(
    {"ClientContext", "FunctionName", "InvocationType", "LogType", "Payload", "Qualifier"}
)


async def invoke_function(call: Call) -> Json:
    """A Task whose Resource is a function's ARN: its input is the payload."""
    reply = await _invoke(call, call.resource.arn, call.arguments)
    return _value(reply)


async def invoke(call: Call) -> Json:
    """`lambda:invoke`: the result tells the payload and how the invocation went."""
    arguments = call.arguments
    if not isinstance(arguments, dict) or not isinstance(arguments.get("FunctionName"), str):
        raise _unusable(arguments, "The required parameter 'FunctionName' is missing")
    for name in arguments:
        if name not in _PARAMETERS:
            raise _unusable(arguments, f"The field '{name}' is not supported by Step Functions")
    function = arguments["FunctionName"]
    if (qualifier := arguments.get("Qualifier")) is not None:
        function = f"{function}:{qualifier}"
    reply = await _invoke(call, function, arguments.get("Payload", {}))
    payload = _value(reply)
    response: dict[str, Any] = {
        "ExecutedVersion": reply.executed_version,
        "Payload": payload,
        "StatusCode": 200,
    }
    headers = lambda_headers(len(reply.payload), reply.executed_version)
    return with_metadata(response, headers, reply.request_id)


async def _invoke(call: Call, function: str, payload: Json) -> LambdaReply:
    body = dumps(payload).encode("utf-8", "surrogatepass")
    try:
        reply = await call.blocking(partial(call.runtime.invoke_lambda, function, body))
    except LookupError as error:
        raise StatesError(
            "Lambda.ResourceNotFoundException",
            f"Function not found: {function} (Service: Lambda, Status Code: 404)",
        ) from error
    except ServiceError as error:
        raise StatesError(f"Lambda.{error.code}", f"{error.message} (Service: Lambda)") from error
    if reply.function_error is not None:
        raise _failure(reply)
    return reply


def _value(reply: LambdaReply) -> Json:
    try:
        return loads(reply.payload) if reply.payload else None
    except ValueError:
        return reply.payload.decode("utf-8", "replace")


def _failure(reply: LambdaReply) -> StatesError:
    text = reply.payload.decode("utf-8", "replace")
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    error_type = told.get("errorType") if isinstance(told, dict) else None
    if not error_type or error_type in _UNKNOWN:
        return StatesError(
            "Lambda.Unknown",
            "The cause could not be determined because Lambda did not return an error type. "
            f"Returned payload: {text}",
        )
    return StatesError(error_type, text)


def _unusable(arguments: Json, reason: str) -> EvaluationError:
    return EvaluationError(
        "States.Runtime",
        f"The Parameters '{dumps(arguments)}' could not be used to start the Task: [{reason}]",
    )
