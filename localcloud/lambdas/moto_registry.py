"""Functions as moto's control plane keeps them."""

from __future__ import annotations

import logging

from moto.awslambda.exceptions import (
    UnknownAliasException,
    UnknownFunctionException,
)
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.core.exceptions import JsonRESTError
from moto.logs.models import logs_backends

from localcloud.lambdas.asynchronous import (
    MAXIMUM_EVENT_AGE_SECONDS,
    AsyncSettings,
)
from localcloud.lambdas.function import FunctionVersion
from localcloud.lambdas.output import LogEvent
from localcloud.lambdas.reply import UnknownFunctionError

log = logging.getLogger(__name__)


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
        """See `Registry.write_log`; refused events are told in the cloud's own log."""
        logs = logs_backends[self._account][self._region]
        entries = [{"timestamp": e.timestamp_ms, "message": e.message} for e in events]
        try:
            logs.ensure_log_group(group)
            logs.ensure_log_stream(group, stream)
            logs.put_log_events(group, stream, entries)
        except JsonRESTError:
            log.exception("%s refused %d events of %s", group, len(events), stream)


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
        traced=getattr(function, "tracing_config", {}).get("Mode") == "Active",
        reserved_concurrency=None if reserved is None else int(reserved),
    )


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
