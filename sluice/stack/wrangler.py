"""awswrangler, pointed at the cloud that a command works on.

It is imported where it is used: that takes most of a second, which other commands need not pay.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sluice.stack.cloud import Cloud


@contextmanager
def wrangler(cloud: Cloud) -> Iterator[Any]:
    """The module awswrangler, whose S3 is the cloud's; hand the cloud's session to its calls.

    Without an endpoint of the cloud's own the standard AWS variables decide, as in boto3.
    """
    import awswrangler  # noqa: PLC0415  (takes 0.8 s)

    before = awswrangler.config.s3_endpoint_url
    awswrangler.config.s3_endpoint_url = cloud.endpoint_url or before
    try:
        yield awswrangler
    finally:
        awswrangler.config.s3_endpoint_url = before
