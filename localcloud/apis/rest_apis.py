"""REST APIs of API Gateway: throttles, keys, models, then the function, by payload format 1.0.

The stage `prod` of the API with id `abc` is served at `/_apigateway/abc/prod/…`.
Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
and https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from localcloud.apis.exchange import (
    Invoke,
    Refused,
    function_of,
    headers_of,
    query_of,
    request_time,
    send,
    split_path,
)
from localcloud.apis.rest_document import DEFAULT_MODEL, Method, methods_of
from localcloud.apis.rest_store import Record, RestStore
from localcloud.apis.routes import RouteTable
from localcloud.apis.throttles import Throttles
from localcloud.clock import Clock
from localcloud.http.wsgi import Environ, StartResponse, read_body

_NO_STAGE = Refused(HTTPStatus.FORBIDDEN, "Forbidden", "ForbiddenException")
_NO_KEY = _NO_STAGE
_NO_METHOD = Refused(
    HTTPStatus.FORBIDDEN, "Missing Authentication Token", "MissingAuthenticationTokenException"
)
_BAD_BODY = Refused(HTTPStatus.BAD_REQUEST, "Invalid request body", "BadRequestException")
_THROTTLED = Refused(HTTPStatus.TOO_MANY_REQUESTS, "Too Many Requests", "TooManyRequestsException")
_SPENT = Refused(HTTPStatus.TOO_MANY_REQUESTS, "Limit Exceeded", "LimitExceededException")
_BROKEN = Refused(HTTPStatus.BAD_GATEWAY, "Internal server error", "InternalServerErrorException")
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
_EVERY_METHOD = "*/*"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    environ: Environ
    api_id: str
    stage: Record
    path: str
    """Below the stage."""
    method: Method
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def verb(self) -> str:
        return str(self.environ["REQUEST_METHOD"])


class RestApis:
    """Serves every REST API of an account."""

    def __init__(self, store: RestStore, *, invoke: Invoke, clock: Clock, account: str) -> None:
        self._store = store
        self._invoke = invoke
        self._clock = clock
        self._account = account
        self._throttles = Throttles(clock.now)
        self._spent: dict[tuple[str, str, str], int] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Judge a request as its stage and method say, then call the function."""
        call = self._find(environ)
        if isinstance(call, Refused):
            return call.send(start_response)
        if refused := self._refusal(call):
            return refused.send(start_response)
        variables = call.stage.get("variables", {})
        uri = _VARIABLE.sub(lambda name: str(variables.get(name[1], "")), call.method.uri)
        event = json.dumps(self._event(call)).encode()
        reply = self._invoke(function_of(uri), event)
        return _respond(start_response, reply)

    def _find(self, environ: Environ) -> _Call | Refused:
        api_id, whole = split_path(environ)
        name, _, path = whole[1:].partition("/")
        api = self._store.api(api_id) or {"stages": {}}
        stage = api["stages"].get(name)
        if stage is None:
            return _NO_STAGE
        methods = methods_of(api["deployments"][stage["deploymentId"]]["document"])
        route = RouteTable(methods).find(str(environ["REQUEST_METHOD"]), f"/{path}")
        if route is None:
            return _NO_METHOD
        return _Call(
            environ=environ,
            api_id=api_id,
            stage=stage,
            path=f"/{path}",
            method=route[0],
            parameters=route[1],
            body=read_body(environ),
            headers=headers_of(environ),
        )

    def _refusal(self, call: _Call) -> Refused | None:
        """What API Gateway answers before any function runs; None if it lets a call through."""
        if call.method.needs_key and (refused := self._judge_key(call)):
            return refused
        if not self._is_in_time(call):
            return _THROTTLED
        if missing := _missing(call):
            message = f"Missing required request parameters: [{', '.join(missing)}]"
            return Refused(HTTPStatus.BAD_REQUEST, message, "BadRequestException")
        return None if _fits_model(call) else _BAD_BODY

    def _is_in_time(self, call: _Call) -> bool:
        settings = call.stage.get("methodSettings", {})
        one = f"{call.method.resource.lstrip('/')}/{call.verb}"
        place = one if one in settings else _EVERY_METHOD
        limits = settings.get(place, {})
        if "throttlingRateLimit" not in limits:
            return True
        return self._throttles.admits(
            (call.api_id, call.stage["stageName"], one),
            rate=limits["throttlingRateLimit"],
            burst=limits["throttlingBurstLimit"],
        )

    def _judge_key(self, call: _Call) -> Refused | None:
        key = self._store.key(call.headers.get("x-api-key", ""))
        plans = self._store.plans(call.api_id, call.stage["stageName"])
        plan = next((plan for plan in plans if key and key["id"] in plan["keys"]), None)
        if key is None or plan is None:
            return _NO_KEY
        if throttle := plan.get("throttle"):
            rate, burst = throttle["rateLimit"], throttle["burstLimit"]
            if not self._throttles.admits((plan["id"], key["id"]), rate=rate, burst=burst):
                return _THROTTLED
        quota = plan.get("quota")
        if quota is None:
            return None
        period = {"DAY": "%Y-%m-%d", "WEEK": "%G-%V", "MONTH": "%Y-%m"}[quota["period"]]
        counted = plan["id"], key["id"], self._now().strftime(period)
        self._spent[counted] = self._spent.get(counted, 0) + 1
        return _SPENT if self._spent[counted] > quota["limit"] else None

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def _event(self, call: _Call) -> dict[str, Any]:
        now, headers = self._clock.now(), _spelled(call.headers)
        query = query_of(call.environ)
        identity = {
            "sourceIp": call.environ["REMOTE_ADDR"],
            "userAgent": call.headers.get("user-agent", ""),
        }
        context = {
            "accountId": self._account,
            "apiId": call.api_id,
            "domainName": call.headers.get("host", ""),
            "domainPrefix": call.api_id,
            "httpMethod": call.verb,
            "identity": identity,
            "path": f"/{call.stage['stageName']}{call.path}",
            "protocol": call.environ["SERVER_PROTOCOL"],
            "requestId": str(uuid4()),
            "requestTime": request_time(now),
            "requestTimeEpoch": int(now * 1000),
            "resourcePath": call.method.resource,
            "stage": call.stage["stageName"],
        }
        return {
            "resource": call.method.resource,
            "path": call.path,
            "httpMethod": call.verb,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": _last_of_each(query) or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": dict(call.parameters) or None,
            "stageVariables": call.stage.get("variables") or None,
            "requestContext": context,
            "body": call.body.decode(errors="replace") or None,
            "isBase64Encoded": False,
        }


def _spelled(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as HTTP/1.1 clients spell them; functions have to take any case.

    >>> _spelled({"content-type": "a", "host": "b"})
    {'Content-Type': 'a', 'Host': 'b'}
    """
    return {"-".join(map(str.capitalize, name.split("-"))): text for name, text in headers.items()}


def _missing(call: _Call) -> list[str]:
    query = _last_of_each(query_of(call.environ))
    places: dict[str, Mapping[str, str]] = {"header": call.headers, "query": query}
    return [
        name
        for place, name in call.method.required
        if not places[place].get(name.lower() if place == "header" else name)
    ]


def _last_of_each(query: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: texts[-1] for name, texts in query.items()}


def _fits_model(call: _Call) -> bool:
    """Whether the body is what the model of its content type asks for; without one, anything is."""
    kind = call.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    schema = call.method.models.get(kind, call.method.models.get(DEFAULT_MODEL))
    if schema is None:
        return True
    from jsonschema import (  # type: ignore[import-untyped]  # noqa: PLC0415  slow to import
        Draft4Validator,
    )

    try:
        return bool(Draft4Validator(schema).is_valid(json.loads(call.body)))
    except ValueError:
        return False


def _respond(start_response: StartResponse, reply: Any) -> Iterable[bytes]:
    """Send what the function answers; anything but its format is an error of the API."""
    answer = None if reply.function_error else json.loads(reply.payload)
    if not isinstance(answer, dict) or not isinstance(answer.get("statusCode"), int):
        return _BROKEN.send(start_response)
    text = answer.get("body") or ""
    content = base64.b64decode(text) if answer.get("isBase64Encoded") else str(text).encode()
    headers = {"content-type": "application/json"} | {
        name.lower(): value for name, value in (answer.get("headers") or {}).items()
    }
    repeated = [
        (name.lower(), str(value))
        for name, values in (answer.get("multiValueHeaders") or {}).items()
        for value in values
    ]
    return send(start_response, answer["statusCode"], headers, content, *repeated)
