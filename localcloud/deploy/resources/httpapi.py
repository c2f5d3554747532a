"""HTTP APIs of API Gateway, described by an OpenAPI document.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from localcloud.apis.openapi import INTEGRATION, authorizers_of, operations_of
from localcloud.deploy.errors import DeployError
from localcloud.deploy.resource import Made, Resource, error_code


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One method on one path, and what it calls."""

    key: str
    integration: Mapping[str, Any]
    iam: bool


def api(resource: Resource) -> Made:
    """`AWS::ApiGatewayV2::Api`."""
    chosen, rest = resource.split("Body", "FailOnWarnings", "DisableExecuteApiEndpoint")
    body = chosen.get("Body", {})
    request = {
        "Name": body.get("info", {}).get("title", resource.default_name),
        "ProtocolType": "HTTP",
        "Version": body.get("info", {}).get("version"),
    }
    request = {key: value for key, value in request.items() if value is not None} | rest
    api_id = _existing(resource) or resource.call("apigatewayv2", "create_api", request)["ApiId"]
    _replace_routes(resource, api_id, list(routes_of(body, resource.logical_id)))
    made = resource.call("apigatewayv2", "get_api", {"ApiId": api_id})
    return Made(ref=api_id, attributes={"ApiEndpoint": made["ApiEndpoint"], "ApiId": api_id})


def routes_of(body: Mapping[str, Any], logical_id: str) -> Iterator[Route]:
    """The routes of an OpenAPI document.

    Raises:
        DeployError: an operation without a Lambda integration, or with an unknown authorizer.
    """
    for verb, path, operation in operations_of(body):
        key = "$default" if path == "/$default" else f"{verb} {path}"
        integration = operation.get(INTEGRATION, {})
        if integration.get("type") != "aws_proxy":
            raise DeployError(f"{logical_id}: {key} has no integration of the type aws_proxy")
        schemes = authorizers_of(operation)
        if unknown := schemes - {"AWS_IAM"}:
            raise DeployError(f"{logical_id}: the authorizer {min(unknown)} is not supported")
        yield Route(key=key, integration=integration, iam="AWS_IAM" in schemes)


def _existing(resource: Resource) -> str | None:
    if resource.physical_id is None:
        return None
    try:
        found = resource.call("apigatewayv2", "get_api", {"ApiId": resource.physical_id})
    except ClientError as error:
        if error_code(error) != "NotFoundException":
            raise
        return None
    return str(found["ApiId"])


def _replace_routes(resource: Resource, api_id: str, routes: list[Route]) -> None:
    here = {"ApiId": api_id}
    for old in resource.call("apigatewayv2", "get_routes", here)["Items"]:
        resource.call("apigatewayv2", "delete_route", here | {"RouteId": old["RouteId"]})
    for old in resource.call("apigatewayv2", "get_integrations", here)["Items"]:
        gone = here | {"IntegrationId": old["IntegrationId"]}
        resource.call("apigatewayv2", "delete_integration", gone)
    for route in routes:
        integration = resource.call(
            "apigatewayv2",
            "create_integration",
            here
            | {
                "IntegrationType": "AWS_PROXY",
                "IntegrationMethod": "POST",
                "IntegrationUri": route.integration["uri"],
                "PayloadFormatVersion": route.integration.get("payloadFormatVersion", "2.0"),
            },
        )
        resource.call(
            "apigatewayv2",
            "create_route",
            here
            | {
                "RouteKey": route.key,
                "Target": f"integrations/{integration['IntegrationId']}",
                "AuthorizationType": "AWS_IAM" if route.iam else "NONE",
            },
        )


def stage(resource: Resource) -> Made:
    """`AWS::ApiGatewayV2::Stage`."""
    request = dict(resource.properties)
    here = {"ApiId": request["ApiId"], "StageName": request["StageName"]}
    if resource.physical_id is not None and here["StageName"] in _stages(resource, here["ApiId"]):
        resource.call("apigatewayv2", "delete_stage", here)  # moto cannot update one
    resource.call("apigatewayv2", "create_stage", request)
    return Made(ref=here["StageName"])


def _stages(resource: Resource, api_id: str) -> set[str]:
    found = resource.call("apigatewayv2", "get_stages", {"ApiId": api_id})["Items"]
    return {stage["StageName"] for stage in found}
