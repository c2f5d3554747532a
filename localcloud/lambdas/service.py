"""The Lambda service: finds the function, runs it, writes its log, answers as AWS would."""

from __future__ import annotations

import json
import time
import uuid
from typing import Protocol

from localcloud.lambdas.function import FunctionVersion
from localcloud.lambdas.output import LogEvent, parse_output
from localcloud.lambdas.platform_log import (
    Measured,
    end_text,
    iso_time,
    report_json,
    report_text,
    start_json,
    start_text,
)
from localcloud.lambdas.pool import WorkerPool
from localcloud.lambdas.reply import InvocationRefusedError, LambdaReply, ThrottledError
from localcloud.lambdas.tracing import Trace
from localcloud.lambdas.worker import Outcome
from localcloud.xray.store import TraceStore

PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024
LOG_TAIL_BYTES = 4096


class Registry(Protocol):
    """Where functions are kept."""

    def find(self, name_or_arn: str, qualifier: str | None) -> FunctionVersion:
        """The version that a name, ARN or alias means.

        Raises:
            UnknownFunctionError: there is none.
        """

    def write_log(self, group: str, stream: str, events: list[LogEvent]) -> None:
        """Append events to a log stream, which is created when needed."""


class Meter(Protocol):
    """Who counts invocations."""

    def invoked(self, function: str, *, duration_ms: float, failed: bool) -> None:
        """One was run."""

    def throttled(self, function: str) -> None:
        """One was not, as too many were under way."""


class LambdaService:
    """Invokes functions; thread-safe, and blocking until the function has answered."""

    def __init__(
        self, registry: Registry, pool: WorkerPool, meter: Meter, traces: TraceStore
    ) -> None:
        self._registry = registry
        self._pool = pool
        self._meter = meter
        self._traces = traces

    def invoke(
        self, name_or_arn: str, payload: bytes, *, qualifier: str | None = None
    ) -> LambdaReply:
        """Run a function and wait for its answer.

        Raises:
            InvocationRefusedError: unknown function, throttled, or a payload that is no JSON or
                over 6 MB.
        """
        check_payload(payload, limit_bytes=PAYLOAD_LIMIT_BYTES)
        function = self._registry.find(name_or_arn, qualifier)
        return self.run(
            function, payload, invoked_arn=_invoked_arn(function, name_or_arn, qualifier)
        )

    def run(
        self,
        function: FunctionVersion,
        payload: bytes,
        *,
        invoked_arn: str,
        request_id: str | None = None,
    ) -> LambdaReply:
        """Run one version of a function; see `invoke`."""
        request_id = request_id or str(uuid.uuid4())
        began_ms, trace = _now_ms(), Trace.of(function)
        if function.traced:
            self._traces.expect(trace.id)
        try:
            outcome, stream = self._pool.run(
                function,
                payload or b"{}",
                request_id=request_id,
                invoked_arn=invoked_arn,
                trace_header=trace.header,
            )
        except ThrottledError:
            self._meter.throttled(function.name)
            raise
        failed = outcome.function_error is not None
        self._meter.invoked(function.name, duration_ms=outcome.duration_ms, failed=failed)
        if function.traced:
            self._traces.put(trace.segment(request_id=request_id, failed=failed))
        events = _log_events(function, outcome, request_id, began_ms)
        self._registry.write_log(function.log_group, stream, events)
        return _reply(function, outcome, events, request_id)


def check_payload(payload: bytes, *, limit_bytes: int) -> None:
    """Refuse what Lambda refuses to hand to a function.

    Raises:
        InvocationRefusedError: it is too large, or no JSON.
    """
    if len(payload) > limit_bytes:
        raise InvocationRefusedError(
            "RequestTooLargeException",
            f"Request must be smaller than {limit_bytes} bytes for the InvokeFunction operation",
            status=413,
        )
    try:
        json.loads(payload or b"{}")
    except ValueError as error:
        raise InvocationRefusedError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
            status=400,
        ) from error


def _reply(
    function: FunctionVersion, outcome: Outcome, events: list[LogEvent], request_id: str
) -> LambdaReply:
    payload, function_error = outcome.payload, outcome.function_error
    if len(payload) > PAYLOAD_LIMIT_BYTES:
        function_error = "Unhandled"
        payload = (
            b'{"errorMessage":"Response payload size exceeded maximum allowed payload size '
            b'(6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}'
        )
    return LambdaReply(
        payload=payload,
        function_error=function_error,
        executed_version=function.version,
        log_tail=_tail(events),
        request_id=request_id,
    )


def _tail(events: list[LogEvent]) -> str:
    text = "".join(e.message if e.message.endswith("\n") else e.message + "\n" for e in events)
    return text.encode()[-LOG_TAIL_BYTES:].decode(errors="replace")


def _log_events(
    function: FunctionVersion, outcome: Outcome, request_id: str, began_ms: int
) -> list[LogEvent]:
    now_ms = max(_now_ms(), began_ms)
    measured = Measured(
        request_id=request_id,
        version=function.version,
        duration_ms=outcome.duration_ms,
        memory_mb=function.memory_mb,
        max_memory_mb=min(outcome.max_memory_mb, function.memory_mb),
        init_ms=outcome.init_ms,
        error_type=outcome.error_type,
    )
    written = list(parse_output(outcome.output, began_ms=began_ms, now_ms=now_ms))
    if function.log_format == "JSON":
        return [
            LogEvent(began_ms, start_json(measured, began_ms)),
            *written,
            LogEvent(now_ms, report_json(measured, now_ms)),
        ]
    events = [LogEvent(began_ms, start_text(measured)), *written]
    if outcome.platform_message:
        events.append(_failure_line(outcome, request_id, now_ms))
    return [
        *events,
        LogEvent(now_ms, end_text(measured)),
        LogEvent(now_ms, report_text(measured)),
    ]


def _failure_line(outcome: Outcome, request_id: str, now_ms: int) -> LogEvent:
    """What the platform writes about a killed worker, in the two wordings that AWS uses."""
    if outcome.error_type == "Sandbox.Timedout":
        reason = outcome.platform_message.partition("Error: ")[2]
        return LogEvent(now_ms, f"{iso_time(now_ms)} {request_id} {reason}\n\n")
    return LogEvent(now_ms, f"{outcome.platform_message}\n{outcome.error_type}\n")


def _invoked_arn(function: FunctionVersion, name_or_arn: str, qualifier: str | None) -> str:
    """The ARN as the caller named it: with the version or alias, if the caller gave one."""
    parts = name_or_arn.rsplit(":function:", maxsplit=1)[-1].split(":")
    qualifier = parts[1] if len(parts) > 1 else qualifier
    unqualified = ":".join(function.arn.split(":")[:7])
    return f"{unqualified}:{qualifier}" if qualifier else unqualified


def _now_ms() -> int:
    return int(time.time() * 1000)
