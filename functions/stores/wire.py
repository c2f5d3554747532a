"""DynamoDB's JSON protocol without an SDK between: for the one loop that runs once per row.

botocore spends 0.6 ms of CPU on a PutItem, most of it on what a loader does not need (building
the request from a model, resolving the endpoint, parsing the reply by a model); this spends 0.1.
Credentials, region and endpoint are those of the SDK, so nothing is configured twice.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import get_cert_path

from pipeline.gate.sigv4 import Credentials, Signer
from stores.aws import THROTTLES

CONTENT_TYPE = "application/x-amz-json-1.0"
_STALE = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)

TIMEOUT_SECONDS = 15
"""Far above DynamoDB's usual milliseconds, and below what the loader keeps in reserve."""


class WireError(Exception):
    """There is no reply, or a damaged one: the request may have been applied or not."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What DynamoDB said: the code of its error, or the empty text, and the document."""

    code: str
    document: dict[str, Any]
    is_transient: bool


class Wire:
    """One connection for each thread that calls."""

    def __init__(self) -> None:
        session = boto3.Session()
        client = session.client("dynamodb")
        url = urlsplit(client.meta.endpoint_url)
        self._session = session
        self._secure = url.scheme == "https"
        self._host = url.hostname or ""
        self._port = url.port
        self._signer = Signer(url.netloc, client.meta.region_name, "dynamodb")
        self._tls = ssl.create_default_context(cafile=get_cert_path(True)) if self._secure else None
        self._local = threading.local()
        self._credentials = session.get_credentials()

    def call(self, operation: str, document: object) -> Reply:
        """Make one request, once.

        Raises:
            WireError: there is no reply; whether the request was applied is unknown.
        """
        body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        headers = self._signer.headers(
            self._frozen(),
            body,
            f"DynamoDB_20120810.{operation}",
            CONTENT_TYPE,
            datetime.now(UTC),
        )
        try:
            try:
                status, checksum, content = self._exchange(body, headers)
            except _STALE:  # the other side had closed an idle connection: a new one is no retry
                status, checksum, content = self._exchange(body, headers)
        except (OSError, http.client.HTTPException) as error:
            raise WireError(f"{operation}: {type(error).__name__}") from error
        if checksum is not None and int(checksum) != zlib.crc32(content):
            raise WireError(f"{operation}: the reply was damaged on its way")
        return _reply(status, content)

    def _exchange(self, body: bytes, headers: dict[str, str]) -> tuple[int, str | None, bytes]:
        connection = self._connection()
        try:
            connection.request("POST", "/", body, headers)
            reply = connection.getresponse()
            return reply.status, reply.headers.get("x-amz-crc32"), reply.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise

    def close(self) -> None:
        """Close the calling thread's connection."""
        self._connection().close()

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if found is None:
            if self._tls is not None:
                found = http.client.HTTPSConnection(
                    self._host, self._port, timeout=TIMEOUT_SECONDS, context=self._tls
                )
            else:
                found = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
            self._local.connection = found
        return found

    def _frozen(self) -> Credentials:
        if self._credentials is None:
            raise NoCredentialsError
        frozen = self._credentials.get_frozen_credentials()
        return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token or "")


def _reply(status: int, content: bytes) -> Reply:
    try:
        document = json.loads(content or b"{}")
    except ValueError:  # some box in between answered
        document = {}
    if status == http.client.OK:
        return Reply("", document, is_transient=False)
    code = str(document.get("__type", "")).rpartition("#")[2] or f"HTTP {status}"
    transient = status >= http.client.INTERNAL_SERVER_ERROR or code in THROTTLES
    return Reply(code, document, is_transient=transient)
