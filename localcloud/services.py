"""The AWS services that moto emulates, as one WSGI application.

A request names its service in the credential scope of its signature, so finding the emulator
takes one look into a dictionary; emulators are imported when they are first asked for.
"""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from botocore.exceptions import ClientError
from moto.backend_index import backend_url_patterns
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from localcloud.http.wsgi import HEADER_NAMES, Environ, StartResponse, raw_path, respond_json

log = logging.getLogger(__name__)

Handler = Callable[[Request, str, dict[str, str]], Any]
Routes = list[tuple[re.Pattern[str], Handler]]

_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_UNSIGNED_SERVICE = "s3"
_DEFAULT_REGION = "us-east-1"
_HTTP_APIS = "/v2/"
"""API Gateway has one signing name; the emulator of its REST APIs takes long to import."""
_UNLISTED = ("apigatewayv2",)
"""Emulators that moto reaches by way of others."""


class _ServerRequest(Request):
    from_wsgi_server = True


def service_of(environ: Environ) -> str:
    """The signing name of the service that a request is for, in lower case."""
    return _scope(environ)[0]


def region_of(environ: Environ) -> str:
    """The region that a request is for."""
    return _scope(environ)[1]


class Services:
    """Answers every request whose service moto knows."""

    def __init__(self) -> None:
        self._routes: dict[str, Routes] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let the service's emulator answer."""
        environ["RAW_URI"] = environ["REQUEST_URI"]
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
            environ_key_for_header(name): name
            for name in environ.get(HEADER_NAMES, ())
            if should_preserve_original_header_name(name)
        }
        service, region = _scope(environ)
        handler = self._handler(service, region, environ)
        if handler is None:
            message = {"message": f"the local cloud has no {service} at this path"}
            return respond_json(start_response, HTTPStatus.NOT_FOUND, message)
        request = _ServerRequest(environ)
        return _answer(handler, request)(environ, start_response)

    def _handler(self, service: str, region: str, environ: Environ) -> Handler | None:
        if str(environ.get("HTTP_X_AMZ_TARGET", "")).startswith("DynamoDBStreams"):
            service = "streams.dynamodb"
        path = raw_path(environ)
        if service == "apigateway" and path.startswith(_HTTP_APIS):
            service = "apigatewayv2"
        routes = self._routes.get(service)
        if routes is None:
            routes = self._routes[service] = _load_routes(service, region)
        return next((handler for pattern, handler in routes if pattern.match(path)), None)


def _scope(environ: Environ) -> tuple[str, str]:
    signed_for = _SIGNED_FOR.search(str(environ.get("HTTP_AUTHORIZATION", "")))
    if signed_for is None:
        query = parse_qs(str(environ.get("QUERY_STRING", "")))
        credential = query.get("X-Amz-Credential", [""])[0]
        signed_for = _SIGNED_FOR.search(f"Credential={credential}")
    if signed_for is None:
        return _UNSIGNED_SERVICE, _DEFAULT_REGION
    return signed_for["service"].lower(), signed_for["region"]


def _module_at(host: str) -> str | None:
    url = f"http://{host}"
    return next((name for name, pattern in backend_url_patterns if pattern.match(url)), None)


def _load_routes(service: str, region: str) -> Routes:
    module = service if service in _UNLISTED else _module_at(f"{service}.{region}.amazonaws.com")
    if module is None:
        return []
    paths: dict[str, Handler] = importlib.import_module(f"moto.{module}.urls").url_paths
    return [(re.compile(path.format("")), handler) for path, handler in paths.items()]


def _answer(handler: Handler, request: Request) -> Response:
    try:
        result = handler(request, request.raw_url, dict(request.headers))
    except HTTPException as refused:
        return refused.get_response(request.environ)
    except ClientError as refused:
        return Response(refused.response["Error"]["Message"], status=HTTPStatus.BAD_REQUEST)
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return Response(
            '{"__type":"InternalFailure","message":"the emulator failed; its log says why"}',
            status=HTTPStatus.INTERNAL_SERVER_ERROR,
            content_type="application/x-amz-json-1.0",
        )
    status, headers, content = result if len(result) == 3 else (200, {}, result)  # noqa: PLR2004
    response = Response(content, status=status, headers=headers)
    if request.method == "HEAD" and "content-length" in headers:
        response.headers["Content-Length"] = headers["content-length"]
    return response
