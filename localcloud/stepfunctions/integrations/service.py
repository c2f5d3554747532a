"""Calls of AWS services, optimized or by `aws-sdk`.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import uuid4

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ParamValidationError,
    UnknownServiceError,
)

from localcloud.stepfunctions.definition.resources import Resource, ResourceKind
from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.errors import EvaluationError, StatesError, detected
from localcloud.stepfunctions.integrations import service_errors
from localcloud.stepfunctions.integrations.metadata import with_metadata
from localcloud.stepfunctions.integrations.shapes import (
    UnknownParameterError,
    from_response,
    to_request,
)
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json

# Names of services in resource ARNs that boto3 knows by another.
_CLIENTS: Final = {
    "states": "stepfunctions",
    "sfn": "stepfunctions",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "cloudwatch": "cloudwatch",
}

_MISSING: Final = re.compile(r'Missing required parameter in [^:]*: "(\w+)"')


async def request(call: Call, late: Callable[[Json], None] | None = None) -> Json:
    """Call the service's action with the task's arguments and return the response.

    `late` gets a response that comes after the task was given up.
    """
    return await call.blocking(partial(_request, call), late)


def client_name(service: str) -> str:
    """The name that boto3 has for a service."""
    return _CLIENTS.get(service, service)


def _request(call: Call) -> Json:
    resource = call.resource
    client = _client(call)
    operation_name = resource.action[0].upper() + resource.action[1:]
    method = _method(client, operation_name)
    operation = client.meta.service_model.operation_model(operation_name)
    try:
        arguments = to_request(call.arguments, operation.input_shape)
    except UnknownParameterError as error:
        raise EvaluationError(
            "States.Runtime",
            f"The Parameters '{dumps(call.arguments)}' could not be used to start the Task: "
            f"[The field '{error.name}' is not supported by Step Functions]",
        ) from error
    try:
        response = getattr(client, method)(**arguments)
    except (ClientError, BotoCoreError) as error:
        raise failure(call, client, error) from error
    metadata = response.pop("ResponseMetadata", {})
    is_sdk = resource.kind is ResourceKind.SDK
    result: dict[str, Any] = from_response(response, operation.output_shape, iso_times=is_sdk)
    if is_sdk:
        return result
    return with_metadata(result, metadata.get("HTTPHeaders", {}), metadata.get("RequestId"))


def _client(call: Call) -> Any:
    service = call.resource.service
    try:
        return call.runtime.client(client_name(service))
    except UnknownServiceError as error:
        raise EvaluationError(
            "States.Runtime", f"The service '{service}' is not supported by the local cloud"
        ) from error


def _method(client: Any, operation_name: str) -> str:
    for method, name in client.meta.method_to_api_mapping.items():
        if name == operation_name:
            return str(method)
    raise EvaluationError(
        "States.Runtime",
        f"The action '{operation_name}' is not supported by {client.meta.service_model.service_id}",
    )


def lost(resource: Resource) -> StatesError:
    """The answer to a call will never come, because the process died that waited for it."""
    prefix = service_errors.PREFIXES.get(resource.service, "Lambda")
    if resource.kind is ResourceKind.SDK:
        prefix = service_errors.java_name(resource.service.capitalize())
    return StatesError(
        f"{prefix}.SdkClientException", "The worker that waited for the response was lost"
    )


def failure(call: Call, client: Any, error: ClientError | BotoCoreError) -> StatesError:
    """What a failed call means to Retry and Catch."""
    is_sdk = call.resource.kind is ResourceKind.SDK
    names = service_errors.NAMES[is_sdk]
    if isinstance(error, ParamValidationError):
        error = _as_refusal(error) or error
    if isinstance(error, ClientError):
        return names.refused(client, error)
    return names.unreachable(client, str(error))


def _as_refusal(error: ParamValidationError) -> ClientError | None:
    """What the service would say of missing parameters, which boto3 does not send; else None."""
    missing = _MISSING.findall(str(error))
    if not missing:
        return None
    told = [
        f"Value null at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: "
        "Member must not be null"
        for name in missing
    ]
    return ClientError(
        {
            "Error": {"Code": "ValidationException", "Message": detected(told)},
            "ResponseMetadata": {
                "RequestId": str(uuid4()),
                "HostId": "",
                "HTTPStatusCode": 400,
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        "",
    )
