"""Invocations of the type Event: accepted at once, run in the background, retried.

A function that fails is tried again after one and after two minutes; a throttled one for up to
six hours, with pauses from one second to five minutes. What never succeeded goes to the
function's dead-letter queue and its on-failure destination.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from localcloud.clock import Clock
from localcloud.lambdas.function import FunctionVersion
from localcloud.lambdas.reply import InvocationRefusedError, LambdaReply, ThrottledError

log = logging.getLogger(__name__)

RETRY_PAUSES_SECONDS = (60.0, 120.0)
THROTTLE_PAUSE_LIMIT_SECONDS = 300.0
MAXIMUM_EVENT_AGE_SECONDS = 6 * 3600

Run = Callable[..., LambdaReply]
"""`LambdaService.run`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AsyncSettings:
    """A function's own rules for its events."""

    maximum_retry_attempts: int = 2
    maximum_event_age_seconds: int = MAXIMUM_EVENT_AGE_SECONDS
    dead_letter_arn: str | None = None
    on_success_arn: str | None = None
    on_failure_arn: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingEvent:
    """One event and what has been tried."""

    function: FunctionVersion
    payload: bytes
    request_id: str
    accepted_at: float
    failures: int = 0
    throttles: int = 0


class AsyncInvocations:
    """Runs events in the background, on one short-lived thread for each attempt."""

    def __init__(
        self,
        run: Run,
        *,
        clock: Clock,
        settings: Callable[[FunctionVersion], AsyncSettings],
        send: Callable[[str, str, dict[str, str]], None],
    ) -> None:
        """`send(arn, body, attributes)` delivers a document to a queue, topic, bus or function."""
        self._run = run
        self._clock = clock
        self._settings = settings
        self._send = send

    def submit(self, function: FunctionVersion, payload: bytes) -> str:
        """Accept an event; the request id."""
        event = PendingEvent(
            function=function,
            payload=payload or b"{}",
            request_id=str(uuid.uuid4()),
            accepted_at=self._clock.now(),
        )
        self._start(event)
        return event.request_id

    def _start(self, event: PendingEvent) -> None:
        threading.Thread(
            target=self._attempt, args=(event,), name="lambda-event", daemon=True
        ).start()

    def _attempt(self, event: PendingEvent) -> None:
        try:
            reply = self._run(
                event.function,
                event.payload,
                invoked_arn=event.function.arn,
                request_id=event.request_id,
            )
            self._settle(event, reply)
        except ThrottledError:
            self._after_throttle(event)
        except InvocationRefusedError as refusal:
            log.warning("event for %s dropped: %s", event.function.name, refusal.message)
        except Exception:  # the outermost loop of a thread: the event must not vanish silently
            log.exception("event for %s failed", event.function.name)

    def _settle(self, event: PendingEvent, reply: LambdaReply) -> None:
        settings = self._settings(event.function)
        if reply.function_error is None:
            if settings.on_success_arn:
                self._send_record(settings.on_success_arn, event, reply, "Success")
            return
        retries = min(settings.maximum_retry_attempts, len(RETRY_PAUSES_SECONDS))
        if event.failures >= retries:
            self._give_up(event, reply, settings, "RetriesExhausted")
            return
        pause = RETRY_PAUSES_SECONDS[event.failures]
        self._retry(replace(event, failures=event.failures + 1), pause, settings, reply)

    def _after_throttle(self, event: PendingEvent) -> None:
        pause = min(2.0**event.throttles, THROTTLE_PAUSE_LIMIT_SECONDS)
        again = replace(event, throttles=event.throttles + 1)
        self._retry(again, pause, self._settings(event.function), None)

    def _retry(
        self,
        event: PendingEvent,
        pause_seconds: float,
        settings: AsyncSettings,
        reply: LambdaReply | None,
    ) -> None:
        age = self._clock.now() + pause_seconds - event.accepted_at
        if age > settings.maximum_event_age_seconds:
            self._give_up(event, reply, settings, "EventAgeExceeded")
        else:
            self._clock.call_later(pause_seconds, lambda: self._start(event))

    def _give_up(
        self,
        event: PendingEvent,
        reply: LambdaReply | None,
        settings: AsyncSettings,
        condition: str,
    ) -> None:
        if settings.dead_letter_arn:
            message = json.loads(reply.payload).get("errorMessage", "") if reply else "Throttled"
            self._send(
                settings.dead_letter_arn,
                event.payload.decode(),
                {
                    "RequestID": event.request_id,
                    "ErrorCode": "200" if reply else "429",
                    "ErrorMessage": str(message)[:1024],
                },
            )
        if settings.on_failure_arn:
            self._send_record(settings.on_failure_arn, event, reply, condition)
        if not settings.dead_letter_arn and not settings.on_failure_arn:
            log.warning("event for %s given up: %s", event.function.name, condition)

    def _send_record(
        self, arn: str, event: PendingEvent, reply: LambdaReply | None, condition: str
    ) -> None:
        self._send(
            arn, json.dumps(invocation_record(event, reply, condition, self._clock.now())), {}
        )


def invocation_record(
    event: PendingEvent, reply: LambdaReply | None, condition: str, now: float
) -> dict[str, Any]:
    """The document that a destination gets.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": moment.replace("+00:00", "Z"),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": f"{event.function.arn}:{event.function.version}",
            "condition": condition,
            "approximateInvokeCount": event.failures + 1,
        },
        "requestPayload": json.loads(event.payload),
    }
    if reply is not None:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": reply.executed_version,
        }
        if reply.function_error:
            record["responseContext"]["functionError"] = reply.function_error
        record["responsePayload"] = json.loads(reply.payload)
    return record
