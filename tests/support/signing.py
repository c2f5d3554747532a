"""Requests that no AWS client makes, signed as all of them must be."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def signed(
    url: str,
    environment: Mapping[str, str],
    *,
    method: str = "GET",
    body: bytes = b"",
    service: str = "localcloud",
    content_type: str = "application/json",
) -> urllib.request.Request:
    """A request with the credentials of an environment such as the exports."""
    key = Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    request = AWSRequest(method, url, {"Content-Type": content_type}, body)
    SigV4Auth(key, service, environment["AWS_DEFAULT_REGION"]).add_auth(request)
    return urllib.request.Request(
        url, data=body or None, headers=dict(request.headers), method=method
    )


def control(environment: Mapping[str, str], path: str, document: Any = None) -> Any:
    """Ask a control of the local cloud, or tell it something."""
    url = f"{environment['AWS_ENDPOINT_URL']}/_localcloud/{path}"
    request = signed(url, environment)
    if document is not None:
        request = signed(url, environment, method="POST", body=json.dumps(document).encode())
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)
