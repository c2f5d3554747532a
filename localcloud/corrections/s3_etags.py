"""moto computes an object's entity tag from its content without the lock that readers hold.

Both move the same position in the same file: whoever reads the content meanwhile, to answer a GET
or to keep the object, finds it cut short or empty, and the tag itself may be that of a part.
"""

from __future__ import annotations

import functools
from typing import Any

from moto.s3.models import FakeKey


def compute_alone() -> None:
    """Compute entity tags while nobody else reads the object."""
    keys: Any = FakeKey
    if not hasattr(keys.etag.fget, "__wrapped__"):
        keys.etag = property(_locked(keys.etag.fget))


def _locked(etag: Any) -> Any:
    @functools.wraps(etag)
    def locked(key: Any) -> str:
        with key.lock:
            found: str = etag(key)
        return found

    return locked
