"""HTTP APIs of API Gateway: a request becomes an event, the function's answer a response.

The API with id `abc` is served at `/_apigateway/abc/…`, with payload format 2.0; the guard gives
the requests of `abc.execute-api.localhost` that path.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.sts.models import sts_backends

from localcloud.apis.exchange import (
    Invoke,
    function_of,
    headers_of,
    query_of,
    request_time,
    send,
    split_path,
)
from localcloud.apis.routes import RouteTable
from localcloud.clock import Clock
from localcloud.http.signatures import SignatureError, Signatures
from localcloud.http.wsgi import Environ, StartResponse, read_body, respond_json

_TEXT_TYPE = re.compile(r"text/.*|application/(.*\+)?(json|xml|javascript)")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    environ: Environ
    api_id: str
    path: str

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])


class HttpApis:
    """Serves every HTTP API that moto knows, in any region."""

    def __init__(
        self,
        *,
        invoke: Invoke,
        signatures: Signatures,
        account_of: Callable[[str], str],
        clock: Clock,
        account: str,
    ) -> None:
        """`account_of` tells whose an access key id is, `account` whose the APIs are."""
        self._invoke = invoke
        self._signatures = signatures
        self._account_of = account_of
        self._clock = clock
        self._account = account

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Find the route, ask for a signature where the route demands one, call the function."""
        api_id, path = split_path(environ)
        call = _Call(environ=environ, api_id=api_id, path=path)
        api = self._api(api_id)
        found = RouteTable(api.routes.values()).find(call.method, call.path) if api else None
        if found is None:
            return respond_json(start_response, HTTPStatus.NOT_FOUND, {"message": "Not Found"})
        route, parameters = found
        identity = None
        if route.authorization_type == "AWS_IAM":
            identity = self._identity(environ)
            if identity is None:
                return respond_json(start_response, HTTPStatus.FORBIDDEN, {"message": "Forbidden"})
        event = self._event(call, route.route_key, parameters, identity)
        integration = api.integrations[route.target.removeprefix("integrations/")]
        function = function_of(integration.integration_uri)
        reply = self._invoke(function, json.dumps(event).encode())
        return _respond(start_response, reply)

    def serves(self, api_id: str) -> bool:
        """Whether there is an HTTP API with this id."""
        return self._api(api_id) is not None

    def _api(self, api_id: str) -> Any:
        for backend in list(apigatewayv2_backends[self._account].values()):
            if api_id in backend.apis:
                return backend.apis[api_id]
        return None

    def _identity(self, environ: Environ) -> dict[str, Any] | None:
        """Who signed, as GetCallerIdentity names him; None if nobody did as he must."""
        try:
            key_id = self._signatures.key_id(environ, service="execute-api")
        except SignatureError:
            return None
        backend: Any = sts_backends[self._account_of(key_id)]["aws"]
        user_id, arn, account = backend.get_caller_identity(key_id, "us-east-1")
        return {
            "accessKey": key_id,
            "accountId": account,
            "callerId": user_id,
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": arn,
            "userId": user_id,
        }

    def _event(
        self,
        call: _Call,
        route_key: str,
        parameters: Mapping[str, str],
        identity: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        headers = headers_of(call.environ)
        cookies = headers.pop("cookie", None)
        query = str(call.environ.get("QUERY_STRING", ""))
        now = self._clock.now()
        context = {
            "accountId": self._account,
            "apiId": call.api_id,
            **({"authorizer": {"iam": identity}} if identity else {}),
            "domainName": headers.get("host", ""),
            "domainPrefix": call.api_id,
            "http": {
                "method": call.method,
                "path": call.path,
                "protocol": call.environ["SERVER_PROTOCOL"],
                "sourceIp": call.environ["REMOTE_ADDR"],
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid4()),
            "routeKey": route_key,
            "stage": "$default",
            "time": request_time(now),
            "timeEpoch": int(now * 1000),
        }
        return {
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": call.path,
            "rawQueryString": query,
            **({"cookies": cookies.split("; ")} if cookies else {}),
            "headers": headers,
            **({"queryStringParameters": _joined(call.environ)} if query else {}),
            "requestContext": context,
            **_body(read_body(call.environ), headers.get("content-type", "")),
            **({"pathParameters": dict(parameters)} if parameters else {}),
        }


def _joined(environ: Environ) -> dict[str, str]:
    return {name: ",".join(texts) for name, texts in query_of(environ).items()}


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    """Only text travels as it is; forms are encoded like any other binary."""
    if not body:
        return {"isBase64Encoded": False}
    if not content_type or _TEXT_TYPE.match(content_type.partition(";")[0].strip()):
        return {"body": body.decode(errors="replace"), "isBase64Encoded": False}
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _respond(start_response: StartResponse, reply: Any) -> Iterable[bytes]:
    if reply.function_error:
        message = {"message": "Internal Server Error"}
        return respond_json(start_response, HTTPStatus.INTERNAL_SERVER_ERROR, message)
    answer = json.loads(reply.payload)
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return respond_json(start_response, HTTPStatus.OK, answer)
    body = answer.get("body") or ""
    text = body if isinstance(body, str) else json.dumps(body)
    content = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
    headers = {"content-type": "text/plain; charset=utf-8"} | {
        name.lower(): value for name, value in (answer.get("headers") or {}).items()
    }
    cookies = [("set-cookie", cookie) for cookie in answer.get("cookies", [])]
    return send(start_response, int(answer["statusCode"]), headers, content, *cookies)
