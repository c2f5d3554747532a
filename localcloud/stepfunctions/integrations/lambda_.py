"""Lambda functions, by their ARN or by `lambda:invoke`.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from __future__ import annotations

import base64
import json
from functools import partial
from typing import Any, Final
from uuid import uuid4

from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.engine.runtime import LambdaReply, Runtime, ServiceError
from localcloud.stepfunctions.errors import EvaluationError, StatesError
from localcloud.stepfunctions.integrations.metadata import lambda_headers, with_metadata
from localcloud.stepfunctions.query.json_text import dumps, loads
from localcloud.stepfunctions.query.scope import Json

# Deaths of the function's process, which AWS reports without a type of their own.
_UNKNOWN: Final = frozenset({"Runtime.ExitError", "Runtime.OutOfMemory"})
_STATUS: Final = {
    "InvalidRequestContentException": 400,
    "ResourceNotFoundException": 404,
    "TooManyRequestsException": 429,
}
_PARAMETERS: Final = frozenset(
    {"ClientContext", "FunctionName", "InvocationType", "LogType", "Payload", "Qualifier"}
)


async def invoke_function(call: Call) -> Json:
    """A Task whose Resource is a function's ARN: its input is the payload."""
    reply = await _invoke(call, call.resource.arn, dumps(call.arguments))
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
    reply = await _invoke(call, function, _payload(arguments.get("Payload")))
    payload = _value(reply)
    response: dict[str, Any] = {
        "ExecutedVersion": reply.executed_version,
        "Payload": payload,
        "StatusCode": 200,
    }
    headers = lambda_headers(len(reply.payload), reply.executed_version)
    if arguments.get("LogType") == "Tail":
        tail = base64.b64encode(reply.log_tail.encode()).decode()
        response["LogResult"] = headers["X-Amz-Log-Result"] = tail
    return with_metadata(response, headers, reply.request_id)


def _payload(payload: Json) -> str:
    """What the function gets: `{}` for none, and a text as it stands, which has to be JSON.

    Raises:
        StatesError: `Lambda.InvalidRequestContentException`.
    """
    if payload is None:
        return "{}"
    if not isinstance(payload, str):
        return dumps(payload)
    try:
        loads(payload)
    except ValueError as error:
        why = f"Could not parse request body into json: {error}"
        raise _refusal("InvalidRequestContentException", why) from error
    return payload


async def _invoke(call: Call, function: str, payload: str) -> LambdaReply:
    body = payload.encode("utf-8", "surrogatepass")
    try:
        reply = await call.blocking(partial(call.runtime.invoke_lambda, function, body))
    except LookupError as error:
        why = f"Function not found: {_qualified(call.runtime, function)}"
        raise _refusal("ResourceNotFoundException", why) from error
    except ServiceError as error:
        raise _refusal(error.code, error.message) from error
    if reply.function_error is not None:
        raise _failure(reply)
    return reply


def _refusal(code: str, why: str) -> StatesError:
    """What Lambda itself refuses, in the words of the AWS SDK for Java 1."""
    cause = (
        f"{why} (Service: AWSLambda; Status Code: {_STATUS.get(code, 500)}; Error Code: {code}; "
        f"Request ID: {uuid4()}; Proxy: null)"
    )
    return StatesError(f"Lambda.{code}", cause)


def _qualified(runtime: Runtime, function: str) -> str:
    """A function's ARN with its version or alias."""
    if not function.startswith("arn:"):
        function = f"arn:aws:lambda:{runtime.region}:{runtime.account}:function:{function}"
    bare = 6  # colons of an ARN without a qualifier
    return function if function.count(":") > bare else f"{function}:$LATEST"


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
    return StatesError(error_type, dumps(told))


def _unusable(arguments: Json, reason: str) -> EvaluationError:
    return EvaluationError(
        "States.Runtime",
        f"The Parameters '{dumps(arguments)}' could not be used to start the Task: [{reason}]",
    )
