"""What optimized integrations add to a service's response about the HTTP exchange."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from uuid import uuid4


def with_metadata(
    response: Mapping[str, Any], headers: Mapping[str, str], request_id: str | None = None
) -> dict[str, Any]:
    """The response with `SdkHttpMetadata` and `SdkResponseMetadata`, members sorted as AWS does."""
    request_id = request_id or str(uuid4())
    sent = {"Date": formatdate(usegmt=True), **headers, "x-amzn-RequestId": request_id}
    metadata = {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in sent.items()},
            "HttpHeaders": sent,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }
    return dict(sorted({**response, **metadata}.items()))
