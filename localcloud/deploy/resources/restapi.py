"""REST APIs of API Gateway, described by an OpenAPI document, with what restrains their use.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from localcloud.deploy.resource import Made, Resource, error_code

_SERVICE = "apigateway"
_SETTINGS = {
    # property of a method setting: path of the patch that sets it
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
    "MetricsEnabled": "metrics/enabled",
    "LoggingLevel": "logging/loglevel",
    "DataTraceEnabled": "logging/dataTrace",
}


def api(resource: Resource) -> Made:
    """`AWS::ApiGateway::RestApi`; other settings than the document mean nothing here."""
    chosen, rest = resource.split("Body", "Name", "Description")
    settings = ("EndpointConfiguration", "Parameters", "FailOnWarnings", "Mode", "Policy")
    resource.refuse({name: value for name, value in rest.items() if name not in settings})
    document = dict(chosen["Body"])
    if name := chosen.get("Name"):
        document["info"] = {**document.get("info", {}), "title": name}
    body = json.dumps(document).encode()
    api_id = resource.create_or_update(
        lambda: resource.call(_SERVICE, "import_rest_api", {"body": body}),
        lambda: _put(resource, body),
        exists=(),
    )["id"]
    host = f"https://{api_id}.execute-api.{resource.place.region}.amazonaws.com"
    served = f"{resource.client(_SERVICE).meta.endpoint_url}/_apigateway/{api_id}"
    return Made(
        ref=api_id,
        attributes={"RestApiId": api_id, "RootResourceId": api_id},
        addresses={host: served},
    )


def _put(resource: Resource, body: bytes) -> dict[str, Any]:
    wanted = {"restApiId": resource.physical_id, "mode": "overwrite", "body": body}
    return resource.call(_SERVICE, "put_rest_api", wanted)


def deployment(resource: Resource) -> Made:
    """`AWS::ApiGateway::Deployment`: made once, as its name in the template is that of its API."""
    if resource.physical_id is not None:
        return Made(ref=resource.physical_id, attributes={"DeploymentId": resource.physical_id})
    made = resource.call(
        _SERVICE, "create_deployment", {"restApiId": resource.properties["RestApiId"]}
    )
    return Made(ref=made["id"], attributes={"DeploymentId": made["id"]})


def stage(resource: Resource) -> Made:
    """`AWS::ApiGateway::Stage`."""
    chosen, rest = resource.split("RestApiId", "StageName", "DeploymentId")
    here = {"restApiId": chosen["RestApiId"], "stageName": chosen["StageName"]}
    try:
        wanted = here | {"deploymentId": chosen["DeploymentId"]}
        resource.call(_SERVICE, "create_stage", wanted)
    except ClientError as error:
        if error_code(error) != "ConflictException":
            raise
    patches = [("/deploymentId", chosen["DeploymentId"]), *_patches(resource, rest)]
    operations = [{"op": "replace", "path": path, "value": value} for path, value in patches]
    resource.call(_SERVICE, "update_stage", here | {"patchOperations": operations})
    return Made(ref=here["stageName"])


def _patches(resource: Resource, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The path and the value of each thing that the template says about a stage."""
    for name, value in settings.items():
        match name:
            case "Variables":
                yield from ((f"/variables/{key}", str(text)) for key, text in value.items())
            case "AccessLogSetting":
                yield "/accessLogSettings/destinationArn", value["DestinationArn"]
                yield "/accessLogSettings/format", value["Format"]
            case "TracingEnabled":
                yield "/tracingEnabled", str(value).lower()
            case "Description":
                yield "/description", value
            case "MethodSettings":
                for setting in value:
                    yield from _method_patches(resource, setting)
            case "Tags":
                continue
            case _:
                resource.refuse({name: value})


def _method_patches(resource: Resource, setting: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    place = {"HttpMethod", "ResourcePath"}
    resource.refuse({name: 0 for name in setting if name not in {*_SETTINGS, *place}})
    path = setting["ResourcePath"].lstrip("/").replace("/", "~1")
    for name in setting.keys() & _SETTINGS.keys():
        value = setting[name]
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield f"/{path}/{setting['HttpMethod']}/{_SETTINGS[name]}", text


def account(resource: Resource) -> Made:
    """`AWS::ApiGateway::Account`: the role that logs are written by, which none needs here."""
    resource.call(_SERVICE, "update_account", {"patchOperations": []})
    return Made(ref=resource.default_name)


def api_key(resource: Resource) -> Made:
    """`AWS::ApiGateway::ApiKey`."""
    chosen, rest = resource.split("StageKeys", "Tags")
    del chosen
    made = _made_once(resource, "apikeys", {"name": resource.default_name} | rest)
    return Made(ref=made, attributes={"APIKeyId": made})


def usage_plan(resource: Resource) -> Made:
    """`AWS::ApiGateway::UsagePlan`."""
    properties = dict(resource.properties)
    request = {"name": properties.pop("UsagePlanName", resource.default_name)} | properties
    made = _made_once(resource, "usageplans", request)
    return Made(ref=made, attributes={"Id": made})


def _made_once(resource: Resource, kind: str, request: Mapping[str, Any]) -> str:
    """Make it anew; what was counted against it before is forgotten, as by a new start.

    What has its name goes, not what had its id: an update that failed may have made it anew, too.
    """
    listing, operation, parameter = {
        "apikeys": ("get_api_keys", "api_key", "apiKey"),
        "usageplans": ("get_usage_plans", "usage_plan", "usagePlanId"),
    }[kind]
    for known in resource.call(_SERVICE, listing, {})["items"]:
        if known.get("name") == request["name"]:
            resource.call(_SERVICE, f"delete_{operation}", {parameter: known["id"]})
    return str(resource.call(_SERVICE, f"create_{operation}", request)["id"])


def usage_plan_key(resource: Resource) -> Made:
    """`AWS::ApiGateway::UsagePlanKey`."""
    made = resource.call(_SERVICE, "create_usage_plan_key", resource.properties)
    return Made(ref=f"{made['id']}:{resource.properties['UsagePlanId']}")
