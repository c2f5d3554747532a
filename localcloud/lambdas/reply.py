"""What a synchronous invocation gives back, and why it may be refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class LambdaReply:
    """The answer of one invocation.

    `function_error` is `None` for a success, `Handled` or `Unhandled` otherwise; the payload is
    then an error document (`errorMessage`, `errorType`, mostly `stackTrace`).
    """

    payload: bytes
    function_error: str | None
    executed_version: str
    log_tail: str = ""
    request_id: str = ""


class InvocationRefusedError(Exception):
    """Lambda did not run the function; `code` is the API's error code."""

    def __init__(self, code: str, message: str, *, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class ThrottledError(InvocationRefusedError):
    """All of the function's reserved concurrency is in use."""

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.", status=429)


class UnknownFunctionError(InvocationRefusedError, LookupError):
    """There is no such function, version or alias."""

    def __init__(self, arn: str) -> None:
        super().__init__("ResourceNotFoundException", f"Function not found: {arn}", status=404)
