"""moto calls every caller `user/moto` whose access key does not look like one of AWS's.

Here each access key is a user of its own.  HTTP APIs with IAM authorization name callers in the
same way, so that GetCallerIdentity tells who will have approved something.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from moto.sts.models import STSBackend
from moto.sts.responses import TokenResponse

from localcloud.http.callers import user_with

_ACCESS_KEY = re.compile(r"Credential=([^/]+)/")
_UNKNOWN_CALLER = ":user/moto"


def name_callers() -> None:
    """Let GetCallerIdentity name the caller by the access key."""
    backend: Any = STSBackend
    identify = backend.get_caller_identity
    if hasattr(identify, "__wrapped__"):
        return

    @functools.wraps(identify)
    def get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
        user_id, arn, account = identify(self, access_key_id, region)
        if arn.endswith(_UNKNOWN_CALLER):
            return access_key_id, f"arn:aws:iam::{account}:user/{user_with(access_key_id)}", account
        return user_id, arn, account

    backend.get_caller_identity = get_caller_identity
    responses: Any = TokenResponse
    read_key = responses.get_access_key

    @functools.wraps(read_key)
    def get_access_key(self: Any) -> str:
        signed = _ACCESS_KEY.search(self.headers.get("Authorization", ""))
        return signed[1] if signed else str(read_key(self))

    responses.get_access_key = get_access_key
