"""The controls of a local cloud, below `/_localcloud/`: signed like every request to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session

from sluice.terminal.exits import CloudError

_SECONDS = 120


def ask(
    endpoint_url: str,
    session: boto3.Session,
    control: str,
    document: Mapping[str, Any] | None = None,
    *,
    seconds: int = _SECONDS,
) -> dict[str, Any]:
    """What a control answers; with a document it is told something.

    A proxy of the environment has no business in between.

    Raises:
        CloudError: it refuses, or this is no local cloud.
        BotoCoreError: nothing answers, or there are no credentials.
    """
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    body = b"" if document is None else json.dumps(document).encode()
    url = f"{endpoint_url}/_localcloud/{control}"
    request = AWSRequest("GET" if document is None else "POST", url, {}, body)
    region = session.region_name or "us-east-1"
    SigV4Auth(credentials.get_frozen_credentials(), "localcloud", region).add_auth(request)
    answer = URLLib3Session(timeout=seconds).send(request.prepare())
    try:
        said: dict[str, Any] = json.loads(answer.content)
    except ValueError:
        said = {}
    if answer.status_code != HTTPStatus.OK:
        raise CloudError(said.get("message") or f"{url} answers {answer.status_code}")
    return said
