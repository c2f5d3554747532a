"""The errors that a running state may raise, as `ErrorEquals` names them.

    StatesError              any error with a name and a cause; Retry and Catch see it
      HeartbeatTimeoutError  a task was silent for too long
      EvaluationError        a path, template, expression or field value failed inside a state

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from collections.abc import Sequence


class StatesError(Exception):
    """A state failed, mostly with an error name and a cause."""

    def __init__(self, error: str | None, cause: str | None = None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause

    @property
    def matched_as(self) -> str | None:
        """The name that Retry and Catch know it by."""
        return self.error


class HeartbeatTimeoutError(StatesError):
    """A task was silent for longer than HeartbeatSeconds.

    AWS records it as `States.Timeout`; `States.HeartbeatTimeout` is a name for Retry and Catch.
    """

    def __init__(self) -> None:
        super().__init__("States.Timeout")

    @property
    def matched_as(self) -> str:
        """The name that Retry and Catch know it by."""
        return "States.HeartbeatTimeout"


class EvaluationError(StatesError):
    """A field of a state could not be evaluated.

    `cause` lacks the words "An error occurred while executing the state …" that AWS puts in
    front of it, because only the engine knows the event id they name.
    `location` is the field, such as `Output/result`, where AWS reports one.
    """

    def __init__(self, error: str, cause: str, location: str | None = None) -> None:
        super().__init__(error, cause)
        self.location = location


def detected(broken: Sequence[str]) -> str:
    """What AWS's services say of constraints that a request breaks.

    >>> detected(["Value null at 'a' failed", "Value null at 'b' failed"])
    "2 validation errors detected: Value null at 'a' failed; Value null at 'b' failed"
    """
    errors = "1 validation error" if len(broken) == 1 else f"{len(broken)} validation errors"
    return f"{errors} detected: {'; '.join(broken)}"
