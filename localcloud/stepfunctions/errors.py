"""The errors that a running state may raise, as `ErrorEquals` names them.

    StatesError            any error with a name and a cause; Retry and Catch see it
      EvaluationError      a path, template, expression or field value failed inside a state

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations


class StatesError(Exception):
    """A state failed, mostly with an error name and a cause."""

    def __init__(self, error: str | None, cause: str | None = None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class EvaluationError(StatesError):
    """A field of a state could not be evaluated.

    `cause` lacks the words "An error occurred while executing the state …" that AWS puts in
    front of it, because only the engine knows the event id they name.
    `location` is the field, such as `Output/result`, where AWS reports one.
    """

    def __init__(self, error: str, cause: str, location: str | None = None) -> None:
        super().__init__(error, cause)
        self.location = location
