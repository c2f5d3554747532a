"""Who makes a request: each function signs with an access key of its own.

The user agent would not do: clients other than the SDK's need not send one.
"""

from __future__ import annotations

import re

from localcloud.wsgi import Environ

_PREFIX = "function."
_SIGNED_BY = re.compile(rf"Credential={re.escape(_PREFIX)}([^/]+)/")


def access_key(function_name: str) -> str:
    """The access key that a function's workers are given."""
    return _PREFIX + function_name


def function_of(environ: Environ) -> str:
    """The name of the function that signed a request; an empty text if none did."""
    found = _SIGNED_BY.search(str(environ.get("HTTP_AUTHORIZATION", "")))
    return found[1] if found else ""
