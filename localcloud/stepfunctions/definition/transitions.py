"""Where a state goes next: choice rules, retriers and catchers as pure functions."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Final

from localcloud.stepfunctions.definition.model import (
    Catcher,
    ChoiceState,
    JitterStrategy,
    Retrier,
)
from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.scope import Outcome, Scope

# Nothing takes this, not even its own name: the execution always fails.
UNCATCHABLE: Final = "States.Runtime"

# No delay is longer than the life of an execution, whatever it would grow to.
LIFETIME_SECONDS: Final = 31_622_400

# States.TaskFailed stands for any failure of a task but a timeout.
TIMEOUTS: Final = frozenset({"States.Timeout", "States.HeartbeatTimeout"})


def matches(error_equals: Sequence[str], error: str | None) -> bool:
    """Whether a retrier or catcher with these names takes an error.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    if error == UNCATCHABLE:
        return False
    if error in error_equals or "States.ALL" in error_equals:
        return True
    if error == "States.HeartbeatTimeout" and "States.Timeout" in error_equals:
        return True
    return "States.TaskFailed" in error_equals and error not in TIMEOUTS


def find_retrier(retriers: Sequence[Retrier], error: str | None) -> int | None:
    """The index of the first retrier that names the error, spent or not."""
    return next((i for i, r in enumerate(retriers) if matches(r.error_equals, error)), None)


def find_catcher(catchers: Sequence[Catcher], error: str | None) -> Catcher | None:
    """The first catcher that takes the error."""
    return next((c for c in catchers if matches(c.error_equals, error)), None)


def retry_delay_seconds(retrier: Retrier, attempt: int, source: random.Random) -> float:
    """How long to wait before retry number `attempt` (the first is 1) of one retrier.

    `IntervalSeconds * BackoffRate ** (attempt - 1)`, never above `MaxDelaySeconds`;
    under full jitter a uniform part of that.
    """
    longest = retrier.max_delay_seconds or LIFETIME_SECONDS
    delay = float(longest)
    if (attempt - 1) * math.log(retrier.backoff_rate) < math.log(LIFETIME_SECONDS):
        grown = retrier.interval_seconds * retrier.backoff_rate ** (attempt - 1)
        delay = min(delay, grown)
    return source.uniform(0, delay) if retrier.jitter is JitterStrategy.FULL else delay


def choose(state: ChoiceState, scope: Scope) -> tuple[str, Outcome]:
    """The next state of a Choice and the outcome that goes there.

    Raises:
        EvaluationError: `States.NoChoiceMatched`, or what a rule raises.
    """
    for rule in state.rules:
        if rule.condition(scope):
            return rule.next, rule.flow.finish(scope, scope.input)
    if state.default is None:
        raise EvaluationError(
            "States.NoChoiceMatched",
            "Failed to transition out of the state. The state does not point to a next state.",
        )
    return state.default, state.flow.finish(scope, scope.input)
