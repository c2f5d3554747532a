"""Lambda's control plane is moto's; this module joins it to the workers.

`MotoRegistry` reads moto's functions. `attach` makes moto invoke through a `LambdaService`,
which serves the Lambda API and everything in moto that calls functions (SNS, SQS, Logs).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, MutableMapping
from typing import Any

from moto.awslambda.exceptions import (
    LambdaClientError,
    UnknownAliasException,
    UnknownFunctionException,
)
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.logs.models import logs_backends

from localcloud.lambdas.asynchronous import (
    MAXIMUM_EVENT_AGE_SECONDS,
    AsyncInvocations,
    AsyncSettings,
)
from localcloud.lambdas.function import FunctionVersion
from localcloud.lambdas.output import LogEvent
from localcloud.lambdas.reply import InvocationRefusedError, UnknownFunctionError
from localcloud.lambdas.service import LambdaService


class MotoRegistry:
    """Functions of one account and region, as moto holds them."""

    def __init__(self, *, account: str, region: str) -> None:
        self._account = account
        self._region = region

    def find(self, name_or_arn: str, qualifier: str | None) -> FunctionVersion:
        """See `Registry.find`."""
        name = name_or_arn.rsplit(":function:", maxsplit=1)[-1]
        try:
            functions = lambda_backends[self._account][self._region]
            return version_of(functions.get_function(name, qualifier))
        except (UnknownFunctionException, UnknownAliasException) as error:
            raise UnknownFunctionError(name_or_arn) from error

    def write_log(self, group: str, stream: str, events: list[LogEvent]) -> None:
        """See `Registry.write_log`."""
        logs = logs_backends[self._account][self._region]
        logs.ensure_log_group(group)
        logs.ensure_log_stream(group, stream)
        logs.put_log_events(
            group, stream, [{"timestamp": e.timestamp_ms, "message": e.message} for e in events]
        )


def version_of(function: LambdaFunction) -> FunctionVersion:
    """Moto's function as a value."""
    logging = getattr(function, "logging_config", {})
    reserved = function.reserved_concurrency
    return FunctionVersion(
        name=function.function_name,
        arn=function.function_arn,
        version=str(function.version),
        handler=function.handler or "",
        runtime=function.run_time or "",
        region=function.region,
        memory_mb=int(function.memory_size),
        timeout_seconds=int(function.timeout),
        environment=dict(function.environment_vars),
        code_sha256=function.code_sha_256,
        code=function.code_bytes,
        log_group=logging.get("LogGroup", function.logs_group_name),
        log_format=logging.get("LogFormat", "Text"),
        application_log_level=logging.get("ApplicationLogLevel", ""),
        system_log_level=logging.get("SystemLogLevel", ""),
        reserved_concurrency=None if reserved is None else int(reserved),
    )


def attach(service: LambdaService, asynchronous: AsyncInvocations) -> None:
    """Let moto's Lambda run functions through `service`, and remember what moto forgets.

    Replaces methods of moto's classes for the whole process; the last service attached wins.
    """
    _remember_settings()

    def invoke(
        function: LambdaFunction,
        body: str | bytes | None,
        request_headers: Mapping[str, str],
        response_headers: MutableMapping[str, Any],
    ) -> bytes:
        payload = body.encode() if isinstance(body, str) else body or b""
        kind = request_headers.get("X-Amz-Invocation-Type", "RequestResponse")
        version = version_of(function)
        if kind == "DryRun":
            return b""
        try:
            if kind == "Event":
                asynchronous.submit(version, payload)
                return b""
            reply = service.run(version, payload, invoked_arn=version.arn)
        except InvocationRefusedError as refusal:
            raise _api_error(refusal) from refusal
        response_headers["x-amz-executed-version"] = reply.executed_version
        response_headers["x-amz-log-result"] = base64.b64encode(reply.log_tail.encode()).decode()
        if reply.function_error:
            response_headers["x-amz-function-error"] = reply.function_error
        return reply.payload

    moto_function: Any = LambdaFunction
    moto_function.invoke = invoke


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


def async_settings(function: FunctionVersion, *, account: str) -> AsyncSettings:
    """A function's rules for its events, from its dead-letter and event-invoke configuration."""
    functions = lambda_backends[account][function.region]
    try:
        known = functions.get_function(function.name, None)
    except UnknownFunctionException:
        return AsyncSettings()
    configured = known.event_invoke_config[-1].response() if known.event_invoke_config else {}
    destinations = configured.get("DestinationConfig", {})
    return AsyncSettings(
        maximum_retry_attempts=configured.get("MaximumRetryAttempts", 2),
        maximum_event_age_seconds=configured.get(
            "MaximumEventAgeInSeconds", MAXIMUM_EVENT_AGE_SECONDS
        ),
        dead_letter_arn=getattr(known, "dead_letter_config", {}).get("TargetArn"),
        on_success_arn=destinations.get("OnSuccess", {}).get("Destination"),
        on_failure_arn=destinations.get("OnFailure", {}).get("Destination"),
    )
