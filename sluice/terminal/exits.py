"""Exit codes, and the errors that a person can do something about.

Every expected error is a `click.ClickException`: one line on stderr that says what went wrong,
where, and what to do; never a traceback.

    OperatorError           1  the run or the request failed
    ├── NotFoundError       4  no such run, approval, dataset or stack
    ├── CloudError          5  AWS (or the local cloud) refused or did not answer
    └── InterruptedByPersonError 130  Ctrl-C
    click.UsageError        2  the command line is wrong
"""

from __future__ import annotations

from enum import IntEnum

import click
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)

from pipeline.runs import cause
from sluice.terminal.output import seen


class Exit(IntEnum):
    """What a script may rely on."""

    SUCCEEDED = 0
    RUN_FAILED = 1
    USAGE = 2
    WAITS = 3
    NOT_FOUND = 4
    AWS = 5
    INTERRUPTED = 130


class OperatorError(click.ClickException):
    """The request cannot be met; the message says why and what to do."""

    exit_code = Exit.RUN_FAILED
    program = "sluice"

    def format_message(self) -> str:
        """The message; commands in it carry the options by which this one reached its cloud."""
        return seen(self.message.replace("`sluice ", f"`{self.program} "))


class NotFoundError(OperatorError):
    """There is no such run, approval, dataset or stack."""

    exit_code = Exit.NOT_FOUND


class CloudError(OperatorError):
    """AWS, or the local cloud, refused or did not answer."""

    exit_code = Exit.AWS


class InterruptedByPersonError(OperatorError):
    """Somebody pressed Ctrl-C; the message says what goes on all the same."""

    exit_code = Exit.INTERRUPTED


_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


def cloud_error(error: BotoCoreError | ClientError) -> CloudError:
    """What the SDK raised, in plain words with the way out."""
    match error:
        case ClientError():
            return CloudError(_refusal(error))
        case EndpointConnectionError():
            url = error.kwargs["endpoint_url"]
            return CloudError(
                f"nothing answers at {url}: if a local cloud printed this address, it has ended; "
                "`sluice up` starts it anew and prints new exports"
            )
        case NoCredentialsError():
            return CloudError(
                "no AWS credentials; set a profile (AWS_PROFILE), or use the local cloud (--local)"
            )
        case NoRegionError():
            return CloudError("no AWS region; set AWS_REGION, or use the local cloud (--local)")
        case _:
            return CloudError(str(error))


def _refusal(error: ClientError) -> str:
    code = error.response["Error"].get("Code", "Unknown")
    said = error.response["Error"].get("Message", "")
    text = f"AWS refused {error.operation_name}: {code}: {said}".rstrip(": ")
    if cause.is_full_disk(said):
        return f"{text}. {cause.FULL_DISK}"
    if code in _EXPIRED:
        return f"{text}. Sign in again"
    if code in _DENIED:
        return f"{text}. The role you use lacks this permission"
    return text
