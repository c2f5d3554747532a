"""Moto's Lambda API, joined to the workers.

Replaces methods of moto's classes for the whole process; the last service attached wins. What
calls functions within moto (SNS, SQS, S3, Logs) goes the same way as the API.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse

from localcloud.lambdas.asynchronous import AsyncInvocations
from localcloud.lambdas.moto_registry import version_of
from localcloud.lambdas.reply import InvocationRefusedError
from localcloud.lambdas.service import LambdaService, check_payload

EVENT_LIMIT_BYTES = 1024 * 1024
ApiReply = tuple[int, dict[str, str], bytes]


def attach(service: LambdaService, asynchronous: AsyncInvocations) -> None:
    """Let moto's Lambda run functions, and remember what moto forgets."""
    _remember_settings()
    moto_function: Any = LambdaFunction
    moto_function.invoke = _invoke_within_moto(service, asynchronous)
    moto_api: Any = LambdaResponse
    moto_api.invoke = _invoke_by_api(service, asynchronous)
    moto_api.invoke_async = _invoke_async_by_api(asynchronous)


def _invoke_by_api(service: LambdaService, asynchronous: AsyncInvocations) -> Any:
    def invoke(api: Any) -> ApiReply:
        """`POST /2015-03-31/functions/<name>/invocations`."""
        name = unquote(api.path.rsplit("/", 2)[-2])
        qualifier = api.querystring.get("Qualifier", [None])[0]
        function = version_of(api.backend.get_function(name, qualifier))
        kind = api.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        payload = _bytes(api.body)
        if kind == "DryRun":
            return _accepted(HTTPStatus.NO_CONTENT)
        try:
            if kind == "Event":
                check_payload(payload, limit_bytes=EVENT_LIMIT_BYTES)
                asynchronous.submit(function, payload)
                return _accepted(HTTPStatus.ACCEPTED)
            reply = service.invoke(name, payload, qualifier=qualifier)
        except InvocationRefusedError as refusal:
            raise _api_error(refusal) from refusal
        headers = {
            "content-type": "application/json",
            "x-amz-executed-version": reply.executed_version,
        }
        if reply.function_error:
            headers["x-amz-function-error"] = reply.function_error
        if api.headers.get("X-Amz-Log-Type") == "Tail":
            headers["x-amz-log-result"] = base64.b64encode(reply.log_tail.encode()).decode()
        return HTTPStatus.OK, headers, reply.payload

    return invoke


def _invoke_async_by_api(asynchronous: AsyncInvocations) -> Any:
    def invoke_async(api: Any) -> ApiReply:
        """`POST /2014-11-13/functions/<name>/invoke-async/`, which AWS still serves."""
        name = unquote(api.path.rstrip("/").rsplit("/", 2)[-2])
        asynchronous.submit(version_of(api.backend.get_function(name, None)), _bytes(api.body))
        return _accepted(HTTPStatus.ACCEPTED)

    return invoke_async


def _invoke_within_moto(service: LambdaService, asynchronous: AsyncInvocations) -> Any:
    def invoke(
        function: LambdaFunction,
        body: str | bytes | None,
        request_headers: Mapping[str, str],
        response_headers: MutableMapping[str, Any],
    ) -> bytes:
        version = version_of(function)
        if request_headers.get("X-Amz-Invocation-Type") == "Event":
            asynchronous.submit(version, _bytes(body))
            return b""
        reply = service.run(version, _bytes(body), invoked_arn=version.arn)
        if reply.function_error:
            response_headers["x-amz-function-error"] = reply.function_error
        return reply.payload

    return invoke


def _accepted(status: HTTPStatus) -> ApiReply:
    """An answer without content; moto takes the status from the header of that name."""
    return status, {"status": str(int(status))}, b""


def _bytes(body: str | bytes | None) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""


def _api_error(refusal: InvocationRefusedError) -> LambdaClientError:
    error = LambdaClientError(refusal.code, refusal.message)
    error.code = refusal.status
    return error


REMEMBERED = {"LoggingConfig": "logging_config", "DeadLetterConfig": "dead_letter_config"}


def _remember_settings() -> None:
    """Make moto keep the members of a function's configuration that it drops."""
    moto_function: Any = LambdaFunction
    if hasattr(moto_function, "remembers_settings"):
        return
    original_init = moto_function.__init__
    original_get = moto_function.get_configuration
    original_update = moto_function.update_configuration

    def init(self: LambdaFunction, *args: Any, **kwargs: Any) -> None:
        original_init(self, *args, **kwargs)
        spec = kwargs["spec"] if "spec" in kwargs else args[1]
        for member, attribute in REMEMBERED.items():
            setattr(self, attribute, spec.get(member) or {})

    def get_configuration(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        configuration: dict[str, Any] = original_get(self, on_create)
        for member, attribute in REMEMBERED.items():
            if value := getattr(self, attribute, {}):
                configuration[member] = value
        return configuration

    def update_configuration(self: LambdaFunction, updates: dict[str, Any]) -> dict[str, Any]:
        for member, attribute in REMEMBERED.items():
            if member in updates:
                setattr(self, attribute, updates[member] or {})
        original_update(self, updates)
        return self.get_configuration()

    moto_function.__init__ = init
    moto_function.get_configuration = get_configuration
    moto_function.update_configuration = update_configuration
    moto_function.remembers_settings = True
