"""Why a request to CloudFormation is refused."""

from __future__ import annotations


class RefusedError(Exception):
    """The request cannot be served; `code` is CloudFormation's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def invalid(message: str) -> RefusedError:
    """The refusal that CloudFormation has for most that is wrong."""
    return RefusedError("ValidationError", message)
