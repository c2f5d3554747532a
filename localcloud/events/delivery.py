"""Delivers to one target at a time, apart from all others, until it worked or is given up.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.clock import Clock
from localcloud.events.targets import Targets, UnsupportedTargetError

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 185
MAX_AGE_SECONDS = 86_400
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 600.0
_TRANSIENT_CODES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "LimitExceeded",
        "LimitExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """A text on its way to a target.

    `target` is the Target of a rule or of a schedule: Arn, RetryPolicy, DeadLetterConfig, ….
    `origin` is what a dead letter says about where it came from, by message attribute.
    """

    target: Mapping[str, Any]
    body: str
    name: str
    created_at: float
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def max_attempts(self) -> int:
        """How often it is tried again."""
        return int(self.target.get("RetryPolicy", {}).get("MaximumRetryAttempts", MAX_ATTEMPTS))

    @property
    def expires_at(self) -> float:
        """When it is given up, seconds since the epoch."""
        policy = self.target.get("RetryPolicy", {})
        return self.created_at + float(policy.get("MaximumEventAgeInSeconds", MAX_AGE_SECONDS))


class Delivery:
    """Sends parcels on threads of its own and waits between attempts on the clock."""

    def __init__(self, targets: Targets, clock: Clock) -> None:
        self._targets = targets
        self._clock = clock
        self._jitter = random.Random(0)  # noqa: S311  repeatable runs, no secret
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="delivery")

    def send(self, parcel: Parcel) -> None:
        """Return at once; the parcel is delivered at least once or becomes a dead letter."""
        self._threads.submit(self._attempt, parcel, 0)

    def close(self) -> None:
        """Drop what has not been sent; wait for what is being sent."""
        self._threads.shutdown(cancel_futures=True)

    def _attempt(self, parcel: Parcel, retries: int) -> None:
        try:
            self._targets.send(parcel.target, parcel.body, name=parcel.name)
        except (ClientError, BotoCoreError, UnsupportedTargetError) as error:
            self._after_failure(parcel, retries, error)
        except Exception:
            log.exception("no way to deliver to %s", parcel.target.get("Arn"))

    def _after_failure(self, parcel: Parcel, retries: int, error: Exception) -> None:
        if not _is_transient(error):
            self._give_up(parcel, retries, error, condition=None)
        elif retries >= parcel.max_attempts:
            self._give_up(parcel, retries, error, condition="MaximumRetryAttempts")
        else:
            pause = min(_FIRST_PAUSE_SECONDS * 2**retries, _LONGEST_PAUSE_SECONDS)
            pause *= self._jitter.uniform(0.5, 1)
            if self._clock.now() + pause >= parcel.expires_at:
                self._give_up(parcel, retries, error, condition="MaximumEventAgeInSeconds")
            else:
                again = (self._attempt, parcel, retries + 1)
                self._clock.call_later(pause, lambda: self._submit(again))

    def _submit(self, work: tuple[Any, ...]) -> None:
        try:
            self._threads.submit(*work)
        except RuntimeError:
            log.debug("not delivered: the local cloud is closing")

    def _give_up(
        self, parcel: Parcel, retries: int, error: Exception, *, condition: str | None
    ) -> None:
        arn = parcel.target["Arn"]
        log.warning("delivery to %s failed after %d retries: %s", arn, retries, error)
        queue = parcel.target.get("DeadLetterConfig", {}).get("Arn")
        if queue is None:
            return
        attributes = {
            **parcel.origin,
            "TARGET_ARN": str(arn),
            "ERROR_CODE": _error_code(error) or "SDK_CLIENT_ERROR",
            "ERROR_MESSAGE": str(error),
            "RETRY_ATTEMPTS": str(retries),
        }
        if condition:
            attributes["EXHAUSTED_RETRY_CONDITION"] = condition
        try:
            self._targets.send_to_queue(queue, parcel.body, attributes=attributes)
        except (ClientError, BotoCoreError) as lost:
            log.error("the dead letter for %s is lost: %s", arn, lost)  # noqa: TRY400


def _is_transient(error: Exception) -> bool:
    if isinstance(error, BotoCoreError):
        return True
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or _error_code(error) in _TRANSIENT_CODES  # noqa: PLR2004


def _error_code(error: Exception) -> str | None:
    return error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
