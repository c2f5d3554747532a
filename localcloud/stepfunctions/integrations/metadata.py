"""What optimized integrations add to a service's response about the HTTP exchange."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, Final
from uuid import uuid4

# Headers as AWS's services spell them; boto3 lowers the case of what it received.
_NAMES: Final = {
    name.lower(): name
    for name in ("Connection", "Content-Length", "Content-Type", "Date", "Server")
} | {"x-amzn-requestid": "x-amzn-RequestId"}


def with_metadata(
    response: Mapping[str, Any], headers: Mapping[str, str], request_id: str | None
) -> dict[str, Any]:
    """The response with `SdkHttpMetadata` and `SdkResponseMetadata`, members sorted as AWS does."""
    request_id = request_id or str(uuid4())
    received = {_NAMES.get(name.lower(), name): value for name, value in headers.items()}
    sent = {"Date": formatdate(usegmt=True), **received, "x-amzn-RequestId": request_id}
    metadata = {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in sent.items()},
            "HttpHeaders": dict(sorted(sent.items(), key=lambda header: header[0].lower())),
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }
    return dict(sorted({**response, **metadata}.items()))


def lambda_headers(length_bytes: int, executed_version: str) -> dict[str, str]:
    """The headers of Lambda's response to an invocation, as AWS sends them."""
    return {
        "X-Amz-Executed-Version": executed_version,
        "x-amzn-Remapped-Content-Length": "0",
        "Connection": "keep-alive",
        "Content-Length": str(length_bytes),
        "X-Amzn-Trace-Id": (
            f"Root=1-{secrets.token_hex(4)}-{secrets.token_hex(12)};"
            f"Parent={secrets.token_hex(8)};Sampled=0"
        ),
        "Content-Type": "application/json",
    }
