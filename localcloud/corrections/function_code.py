"""moto keeps a copy of the package for each function and version, and hashes each of them.

Functions that were packaged together share one here.
"""

from __future__ import annotations

import functools
from typing import Any

import moto.awslambda.models

_PACKAGES = 4
"""As many packages are looked up; functions of a stack are made one after the other."""


def share_packages() -> None:
    """Read a package that lies in S3 once for all functions that are made of it."""
    models: Any = moto.awslambda.models
    read = models._s3_content  # noqa: SLF001  there is no other way in
    if not hasattr(read, "__wrapped__"):
        models._s3_content = functools.lru_cache(_PACKAGES)(read)  # noqa: SLF001
