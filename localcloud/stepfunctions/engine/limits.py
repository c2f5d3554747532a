"""Step Functions' limits on what states hand on.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from localcloud.stepfunctions.errors import StatesError

MAX_PAYLOAD_BYTES: Final = 262_144

_MAX_UTF8_BYTES_PER_CHARACTER: Final = 4
_DATA_LIMIT: Final = "States.DataLimitExceeded"


class OutputTooLargeError(StatesError):
    """A state's own output is too large: States.ALL takes no such error."""


def is_too_large(text: str) -> bool:
    """Whether a payload is above the limit in UTF-8."""
    if len(text) * _MAX_UTF8_BYTES_PER_CHARACTER <= MAX_PAYLOAD_BYTES:
        return False
    return len(text.encode("utf-8", "surrogatepass")) > MAX_PAYLOAD_BYTES


def check_output(state_name: str, text: str) -> None:
    """Refuse a state's output that is too large.

    Raises:
        OutputTooLargeError: it is.
    """
    if is_too_large(text):
        raise OutputTooLargeError(_DATA_LIMIT, _cause(state_name))


def check_variables(state_name: str, texts: Mapping[str, str]) -> None:
    """Refuse what a state assigns to its variables when it is too large, each or together.

    Raises:
        OutputTooLargeError: it is.
    """
    if is_too_large("".join(texts.values())):
        raise OutputTooLargeError(
            _DATA_LIMIT,
            f"The state '{state_name}' assigned variables with a size exceeding "
            "the maximum number of bytes service limit.",
        )


def check_result(resource: str, text: str) -> None:
    """Refuse a task's result that is too large.

    Raises:
        StatesError: it is; Retry and Catch see it like any other failure of a task.
    """
    if is_too_large(text):
        raise StatesError(_DATA_LIMIT, _cause(resource))


def _cause(what: str) -> str:
    return (
        f"The state/task '{what}' returned a result with a size exceeding "
        "the maximum number of bytes service limit."
    )
