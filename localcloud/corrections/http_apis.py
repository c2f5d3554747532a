"""moto names an address of AWS as the endpoint of an HTTP API, and ignores `Target` in CreateApi.

Here `ApiEndpoint` is where the local cloud serves the API, wherever it listens today, and `Target`
makes the API whole: an integration, the route `$default` and the stage `$default`.
Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
"""

from __future__ import annotations

import functools
import json
import os
from typing import Any

from moto.apigatewayv2.exceptions import BadRequestException
from moto.apigatewayv2.models import Api
from moto.apigatewayv2.responses import ApiGatewayV2Response

_SERVED = "HTTP"


def serve_at_endpoints() -> None:
    """Let an HTTP API that an SDK has made be reachable as the answer says."""
    responses: Any = ApiGatewayV2Response
    create = responses.create_api
    if hasattr(create, "__wrapped__"):
        return
    api: Any = Api
    api.api_endpoint = property(_endpoint, _remember_endpoint)

    @functools.wraps(create)
    def create_api(self: Any) -> Any:
        request = json.loads(self.body)
        target = request.get("target")
        if target is not None:
            _check(request)
        answer = create(self)
        if target is not None:
            made = self.apigatewayv2_backend.get_api(json.loads(answer[2])["apiId"])
            _complete(made, target, request)
        return answer

    responses.create_api = create_api


def _endpoint(api: Any) -> str:
    if api.protocol_type != _SERVED:
        return str(vars(api)["api_endpoint"])
    return f"{os.environ['AWS_ENDPOINT_URL']}/_apigateway/{api.api_id}"


def _remember_endpoint(api: Any, address: str) -> None:
    vars(api)["api_endpoint"] = address


def _check(request: dict[str, Any]) -> None:
    if request.get("protocolType") != _SERVED:
        raise BadRequestException("Target is supported only for HTTP APIs")
    if not request["target"].startswith("arn:"):
        raise BadRequestException("Target is no ARN of a function: the local cloud calls no URLs")


def _complete(api: Any, function_arn: str, request: dict[str, Any]) -> None:
    integration = api.create_integration(
        connection_type="INTERNET",
        credentials_arn=request.get("credentialsArn"),
        description="",
        integration_method="POST",
        integration_type="AWS_PROXY",
        integration_uri=function_arn,
        payload_format_version="2.0",
    )
    api.create_route(
        api_key_required=False,
        authorization_scopes=[],
        authorization_type="NONE",
        route_key=request.get("routeKey", "$default"),
        target=f"integrations/{integration.id}",
    )
    api.create_stage({"stageName": "$default", "autoDeploy": True})
