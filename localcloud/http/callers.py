"""Who makes a request: each function signs with an access key of its own.

The user agent would not do: clients other than the SDK's need not send one.
"""

from __future__ import annotations

import re

from localcloud.http.wsgi import Environ

KEY_ID = "localcloud.key_id"
"""Where a request's WSGI environment holds the access key id of its verified signature."""

OWNER_PREFIX = "LKIA"
_FUNCTION_PREFIX = "function."
_OWNER_NAME = "local"
_SIGNED_BY = re.compile(rf"Credential={re.escape(_FUNCTION_PREFIX)}([^/]+)/")


def access_key_id(function_name: str) -> str:
    """The access key id that a function's workers are given."""
    return _FUNCTION_PREFIX + function_name


def function_with(key_id: str) -> str:
    """The name of the function that has an access key id; an empty text if none does."""
    return key_id.removeprefix(_FUNCTION_PREFIX) if key_id.startswith(_FUNCTION_PREFIX) else ""


def user_with(key_id: str) -> str:
    """The name of the IAM user that stands for an access key which IAM did not give out.

    >>> user_with("LKIAQ7"), user_with("function.load")
    ('local', 'function.load')
    """
    return _OWNER_NAME if key_id.startswith(OWNER_PREFIX) else key_id


def function_of(environ: Environ) -> str:
    """The name of the function that signed a request; an empty text if none did."""
    found = _SIGNED_BY.search(str(environ.get("HTTP_AUTHORIZATION", "")))
    return found[1] if found else ""
