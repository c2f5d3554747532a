"""The name of the operation that a request asks for, as the service's API calls it."""

from __future__ import annotations

import functools
import re
from urllib.parse import parse_qs, parse_qsl

from botocore.exceptions import UnknownServiceError

from localcloud.http.wsgi import Environ, is_form, raw_path, read_body
from localcloud.service_model import service_model

_MODELS = {"apigateway": "apigatewayv2"}
_READS = ("BatchGet", "Describe", "Filter", "Get", "Head", "List", "PutEvents", "Query", "Scan")
_RPC = re.compile(r"/service/\w+/operation/(?P<operation>\w+)")
"""Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html"""
_OF_KEYS = (
    # method, a query parameter that must be there, operation
    ("PUT", "partNumber", "UploadPart"),
    ("PUT", "tagging", "PutObjectTagging"),
    ("PUT", "", "PutObject"),
    ("GET", "tagging", "GetObjectTagging"),
    ("GET", "", "GetObject"),
    ("HEAD", "", "HeadObject"),
    ("DELETE", "uploadId", "AbortMultipartUpload"),
    ("DELETE", "", "DeleteObject"),
    ("POST", "uploads", "CreateMultipartUpload"),
    ("POST", "uploadId", "CompleteMultipartUpload"),
)
_OF_BUCKETS = (
    ("GET", "list-type", "ListObjectsV2"),
    ("GET", "versions", "ListObjectVersions"),
    ("GET", "versioning", "GetBucketVersioning"),
    ("HEAD", "", "HeadBucket"),
    ("POST", "delete", "DeleteObjects"),
)


def operation_of(service: str, environ: Environ) -> str:
    """Such as `PutItem`; an empty text for a request that nobody here can name."""
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return target.rpartition(".")[2]
    if service == "s3":
        return _of_s3(environ)
    if is_form(environ):
        return parse_qs(read_body(environ).decode(errors="replace")).get("Action", [""])[0]
    method, path = str(environ["REQUEST_METHOD"]), raw_path(environ)
    if called := _RPC.fullmatch(path):
        return called["operation"]
    for wanted, template, operation in _routes(_MODELS.get(service, service)):
        if method == wanted and _pattern(template).fullmatch(path):
            return operation
    return ""


def is_read(operation: str) -> bool:
    """Whether an operation, by its name, changes nothing."""
    return operation.startswith(_READS)


def _of_s3(environ: Environ) -> str:
    method = str(environ["REQUEST_METHOD"])
    query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
    _, _, key = raw_path(environ).lstrip("/").partition("/")
    if method == "PUT" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
        return "UploadPartCopy" if "partNumber" in query else "CopyObject"
    for wanted, parameter, operation in _OF_KEYS if key else _OF_BUCKETS:
        if method == wanted and (not parameter or parameter in query):
            return operation
    return ""


@functools.cache
def _routes(service: str) -> list[tuple[str, str, str]]:
    """Method, path and name of each operation, the more specific paths first."""
    try:
        model = service_model(service)
    except UnknownServiceError:
        return []
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = str(http["requestUri"]).partition("?")[0]
        routes.append((path.count("{"), -len(path), http["method"], path, name))
    routes.sort(key=lambda route: route[:2])
    return [(method, path, name) for _, _, method, path, name in routes]


@functools.cache  # most are never asked for
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\+?\})", path.rstrip("/"))
    text = "".join(
        (".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part)
        for part in parts
    )
    return re.compile(f"{text}/?")
