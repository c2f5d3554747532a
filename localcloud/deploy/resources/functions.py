"""Lambda functions with their versions, aliases, permissions and rules for events."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from localcloud.deploy.resource import Made, Resource, error_code

EXISTS = ("ResourceConflictException",)
NOT_CONFIGURATION = ("Code", "Tags", "Architectures", "PackageType", "CodeSigningConfigArn")


def function(resource: Resource) -> Made:
    """`AWS::Lambda::Function`; what did not change is left alone, so no version is published."""
    chosen, request = resource.split("ReservedConcurrentExecutions", "RecursiveLoop")
    request = {"FunctionName": resource.default_name} | request
    name = request["FunctionName"]
    configuration = resource.create_or_update(
        lambda: resource.call("lambda", "create_function", request),
        lambda: _update(resource, request),
        exists=EXISTS,
    )
    if (reserved := chosen.get("ReservedConcurrentExecutions")) is not None:
        limit = {"FunctionName": name, "ReservedConcurrentExecutions": reserved}
        resource.call("lambda", "put_function_concurrency", limit)
    return Made(ref=name, attributes={"Arn": configuration["FunctionArn"]})


def _update(resource: Resource, request: dict[str, Any]) -> dict[str, Any]:
    name = {"FunctionName": request["FunctionName"]}
    wanted = {key: value for key, value in request.items() if key not in NOT_CONFIGURATION}
    before = resource.call("lambda", "get_function", name)
    same_place = before["Code"].get("Location", "").endswith(str(request["Code"].get("S3Key")))
    if not same_place:
        resource.call("lambda", "update_function_code", name | request["Code"])
    known = dict(before["Configuration"])
    known["Layers"] = [layer["Arn"] for layer in known.get("Layers", [])]
    if any(known.get(key) != value for key, value in _worded(wanted).items()):
        resource.call("lambda", "update_function_configuration", wanted)
    return resource.call("lambda", "get_function_configuration", name)


def _worded(wanted: dict[str, Any]) -> dict[str, Any]:
    """Configuration as `GetFunction` words it, for comparison."""
    numbers = {"MemorySize", "Timeout"}
    worded = {
        key: int(value) if key in numbers else value
        for key, value in wanted.items()
        if key != "Environment"
    }
    if variables := wanted.get("Environment", {}).get("Variables"):
        worded["Environment"] = {"Variables": {key: str(item) for key, item in variables.items()}}
    return worded


def version(resource: Resource) -> Made:
    """`AWS::Lambda::Version`; a function that did not change keeps its latest version."""
    published = resource.call("lambda", "publish_version", resource.properties)
    number = published["Version"]
    unqualified = published["FunctionArn"].removesuffix(f":{number}")
    return Made(ref=f"{unqualified}:{number}", attributes={"Version": number})


def layer_version(resource: Resource) -> Made:
    """`AWS::Lambda::LayerVersion`; its logical id changes with its content, so one is kept.

    Layers are kept for the record: what functions import comes from the local environment.
    """
    arn = resource.physical_id
    if arn is None:
        request = {"LayerName": resource.default_name} | dict(resource.properties)
        arn = str(resource.call("lambda", "publish_layer_version", request)["LayerVersionArn"])
    return Made(ref=arn, attributes={"LayerVersionArn": arn})


def alias(resource: Resource) -> Made:
    """`AWS::Lambda::Alias`."""
    request = dict(resource.properties)
    made = resource.create_or_update(
        lambda: resource.call("lambda", "create_alias", request),
        lambda: resource.call("lambda", "update_alias", request),
        exists=EXISTS,
    )
    return Made(ref=made["AliasArn"], attributes={"AliasArn": made["AliasArn"]})


def permission(resource: Resource) -> Made:
    """`AWS::Lambda::Permission`, replaced when the function has it already."""
    statement = resource.logical_id[:100]
    name = resource.properties["FunctionName"]
    if resource.physical_id is not None and statement in _statements(resource, name):
        resource.call(
            "lambda", "remove_permission", {"FunctionName": name, "StatementId": statement}
        )
    resource.call("lambda", "add_permission", {"StatementId": statement, **resource.properties})
    return Made(ref=statement)


def _statements(resource: Resource, name: str) -> set[str]:
    try:
        found = resource.call("lambda", "get_policy", {"FunctionName": name})["Policy"]
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return set()
        raise
    return {statement["Sid"] for statement in json.loads(found)["Statement"]}


def event_invoke_config(resource: Resource) -> Made:
    """`AWS::Lambda::EventInvokeConfig`."""
    resource.call("lambda", "put_function_event_invoke_config", resource.properties)
    return Made(ref=resource.default_name)


def event_source_mapping(resource: Resource) -> Made:
    """`AWS::Lambda::EventSourceMapping`; one of the same source and function is updated."""
    request = dict(resource.properties)
    known = _mapping_of(resource, request)
    if known is None:
        made = resource.call("lambda", "create_event_source_mapping", request)
    else:
        changes = {name: value for name, value in request.items() if name != "EventSourceArn"}
        made = resource.call("lambda", "update_event_source_mapping", {"UUID": known, **changes})
    return Made(
        ref=made["UUID"],
        attributes={"Id": made["UUID"], "EventSourceMappingArn": made["EventSourceMappingArn"]},
    )


def _mapping_of(resource: Resource, request: dict[str, Any]) -> str | None:
    wanted = {name: request[name] for name in ("EventSourceArn", "FunctionName")}
    found = resource.call("lambda", "list_event_source_mappings", wanted)["EventSourceMappings"]
    return str(found[0]["UUID"]) if found else None
