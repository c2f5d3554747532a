"""GetObject and PutObject straight from and into moto's buckets, where a request is plain.

Most of what moto spends on them goes into making objects of a request and of its answer: it asks
five times which bucket is meant.  Here a plain request (whole objects, known headers, without
conditions) reaches moto's bucket at once, which stores, announces and answers as ever.  Whatever
is not plain is left to moto.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from moto.core.request import environ_key_for_header
from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeKey, s3_backends
from moto.s3.utils import metadata_from_headers

from localcloud.account import ACCOUNT_ID
from localcloud.http.post_forms import POSTED
from localcloud.http.wsgi import HEADER_NAMES, Environ, StartResponse, raw_path, read_body
from localcloud.strict.headers import usual_headers

_UNSIGNED = ("host", "user-agent", "connection", "accept", "accept-encoding", "authorization")
_OF_ALL = frozenset(
    {
        *_UNSIGNED,
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "content-length",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-user-agent",
    }
)
_OF_GET = _OF_ALL | {"content-type", "x-amz-checksum-mode"}
_CHECKSUM = "x-amz-checksum-crc32"
_ALGORITHM = "x-amz-sdk-checksum-algorithm"
_OF_PUT = _OF_ALL | {"content-type", "content-md5", "expect", _CHECKSUM, _ALGORITHM}
_METADATA = "x-amz-meta-"
_PLAIN_QUERY = frozenset({"versionId", "x-id"})
_WHOLE = "STANDARD"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What S3 answers."""

    headers: Mapping[str, str]
    body: bytes = b""

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request with it."""
        headers = [*self.headers.items(), *usual_headers().items()]
        start_response(f"{HTTPStatus.OK.value} {HTTPStatus.OK.phrase}", headers)
        return [self.body]


def answer_directly(environ: Environ) -> Answer | None:
    """Carry out a plain GetObject or PutObject; None if moto has to see the request."""
    method = environ["REQUEST_METHOD"]
    if method not in ("GET", "PUT") or "HTTP_AUTHORIZATION" not in environ:
        return None
    names = {name.lower(): name for name in environ.get(HEADER_NAMES, ())}
    query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
    place = _place(environ)
    if not names or place is None or not query.keys() <= _PLAIN_QUERY:
        return None
    bucket, key = place
    if not _permits(bucket, "s3:GetObject" if method == "GET" else "s3:PutObject", key):
        return None
    if method == "GET":
        return _get(bucket, key, query.get("versionId"), names.keys(), environ)
    return None if "versionId" in query else _put(bucket, key, names, environ)


def _place(environ: Environ) -> tuple[Any, str] | None:
    """The bucket and the key of a request; None unless the bucket is an ordinary one of here."""
    name, _, key = raw_path(environ).lstrip("/").partition("/")
    bucket: Any = s3_backends[ACCOUNT_ID]["aws"].buckets.get(name)
    if not key or bucket is None or bucket.logging or bucket.object_lock_enabled:
        return None
    return bucket, unquote(key)


def _permits(bucket: Any, action: str, key: str) -> bool:
    if not bucket.policy:
        return True
    resource = f"arn:{bucket.partition}:s3:::{bucket.name}/{key}"
    return bool(bucket.get_permission(action, resource) != PermissionResult.DENIED)


def _get(
    bucket: Any, name: str, version_id: str | None, headers: Iterable[str], environ: Environ
) -> Answer | None:
    if not _OF_GET.issuperset(headers):
        return None
    backend = s3_backends[ACCOUNT_ID]["aws"]
    key: Any = backend.get_object(bucket.name, name, version_id=version_id)
    if not isinstance(key, FakeKey) or key.storage_class != _WHOLE:
        return None
    found = {"x-amz-version-id": key.version_id} if key.version_id != "null" else {}
    found |= key.response_dict
    if environ.get("HTTP_X_AMZ_CHECKSUM_MODE") == "ENABLED":
        found |= _checksum_of(key)
    found |= key.metadata
    found["Accept-Ranges"] = "bytes"
    body: bytes = key.value
    if body and "content-type" not in {header.lower() for header in found}:
        return None
    return Answer(headers={header: str(value) for header, value in found.items()}, body=body)


def _checksum_of(key: Any) -> dict[str, str]:
    if not key.checksum_algorithm:
        return {}
    parts = f"-{key.checksum_parts}" if key.checksum_type == "COMPOSITE" else ""
    found = {f"x-amz-checksum-{key.checksum_algorithm.lower()}": f"{key.checksum_value}{parts}"}
    return found | ({"x-amz-checksum-type": key.checksum_type} if key.checksum_type else {})


def _put(bucket: Any, name: str, names: Mapping[str, str], environ: Environ) -> Answer | None:
    if not all(header in _OF_PUT or header.startswith(_METADATA) for header in names):
        return None
    values = {names[header]: str(environ.get(_variable(header), "")) for header in names}
    algorithm = str(environ.get(_variable(_ALGORITHM), ""))
    checksum = environ.get(_variable(_CHECKSUM))
    if (checksum is None) != (algorithm != "CRC32"):
        return None
    backend = s3_backends[ACCOUNT_ID]["aws"]
    try:
        key: Any = backend.put_object(
            bucket.name,
            name,
            read_body(environ),
            storage=_WHOLE,
            checksum_value=checksum,
            request_method="POST" if POSTED in environ else "PUT",
        )
    except S3ClientError:  # before anything was stored
        return None
    key.set_metadata(metadata_from_headers(values))
    key.set_acl(bucket.acl)
    if algorithm:
        key.checksum_algorithm = algorithm
    backend.tagger.delete_all_tags_for_resource(key.arn)
    headers = {_CHECKSUM: str(checksum)} if checksum else {}
    headers |= {header: str(value) for header, value in key.response_dict.items()}
    return Answer(headers=headers | {"content-length": "0"})


@functools.lru_cache(maxsize=256)
def _variable(header: str) -> str:
    if header in ("content-type", "content-length"):
        return header.upper().replace("-", "_")
    return str(environ_key_for_header(header))
