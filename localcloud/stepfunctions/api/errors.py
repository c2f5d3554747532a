"""Errors of the API."""

from __future__ import annotations


class ApiError(Exception):
    """The request was refused with an error code of AWS's API."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def machine_missing(arn: str) -> ApiError:
    """There is no such state machine, version or alias."""
    return ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def execution_missing(arn: str) -> ApiError:
    """There is no such execution."""
    return ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def resource_missing(arn: str) -> ApiError:
    """There is no such map run, alias or tagged thing."""
    return ApiError("ResourceNotFound", f"Resource not found: '{arn}'")


def invalid(message: str) -> ApiError:
    """A parameter does not meet its constraints."""
    return ApiError("ValidationException", message)


def invalid_arn(arn: str) -> ApiError:
    """The text is no ARN of the expected kind."""
    return ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
