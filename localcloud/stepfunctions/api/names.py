"""Which names are allowed, and what an ARN names."""

from __future__ import annotations

import re
from typing import Final

from localcloud.stepfunctions.api.errors import ApiError, invalid_arn

# No whitespace, brackets, wildcards, special or control characters.
# Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NAME: Final = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,80}")
_ARN: Final = re.compile(r"arn:(aws[\w-]*):states:([\w-]+):(\d{12}):(\w+):(.+)", re.DOTALL)


def check_name(name: str) -> str:
    """The name itself.

    Raises:
        ApiError: `InvalidName`.
    """
    if not _NAME.fullmatch(name):
        raise ApiError("InvalidName", f"Invalid Name: '{name}'")
    return name


def check_arn(arn: str, *kinds: str) -> str:
    """The ARN itself.

    Raises:
        ApiError: `InvalidArn`: it is none, or names another kind of thing.
    """
    parts = _ARN.fullmatch(arn)
    if parts is None or parts[4] not in kinds:
        raise invalid_arn(arn)
    return arn
