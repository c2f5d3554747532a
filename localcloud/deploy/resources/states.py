"""State machines with their versions and aliases, and activities."""

from __future__ import annotations

import json
from typing import Any

from localcloud.deploy.errors import DeployError
from localcloud.deploy.resource import Made, Resource

EXISTS = ("StateMachineAlreadyExists", "ConflictException")


def state_machine(resource: Resource) -> Made:
    """`AWS::StepFunctions::StateMachine`; `${name}` in the definition is substituted."""
    chosen, request = resource.split(
        "StateMachineName",
        "StateMachineType",
        "DefinitionS3Location",
        "DefinitionString",
        "Definition",
        "DefinitionSubstitutions",
    )
    name = chosen.get("StateMachineName", resource.default_name)
    definition = _definition(resource, chosen)
    arn = _arn(resource, "stateMachine", name)
    created = {
        "name": name,
        "definition": definition,
        "type": chosen.get("StateMachineType", "STANDARD"),
    }
    updated = {key: value for key, value in request.items() if key != "Tags"}
    resource.create_or_update(
        lambda: resource.call("stepfunctions", "create_state_machine", request | created),
        lambda: resource.call(
            "stepfunctions",
            "update_state_machine",
            updated | {"stateMachineArn": arn, "definition": definition},
        ),
        exists=EXISTS,
    )
    now = resource.call("stepfunctions", "describe_state_machine", {"stateMachineArn": arn})
    revision = now.get("revisionId", "INITIAL")
    attributes = {"Arn": arn, "Name": name, "StateMachineRevisionId": revision}
    return Made(ref=arn, attributes=attributes)


def activity(resource: Resource) -> Made:
    """`AWS::StepFunctions::Activity`; creating one that there is changes nothing."""
    chosen, rest = resource.split("Name", "Tags")
    resource.refuse(rest)
    name = chosen.get("Name", resource.default_name)
    arn = resource.call("stepfunctions", "create_activity", {"name": name})["activityArn"]
    return Made(ref=arn, attributes={"Arn": arn, "Name": name})


def _definition(resource: Resource, chosen: dict[str, Any]) -> str:
    if location := chosen.get("DefinitionS3Location"):
        request = {"Bucket": location["Bucket"], "Key": location["Key"]}
        text = resource.call("s3", "get_object", request)["Body"].read().decode()
    elif (text := chosen.get("DefinitionString")) is None:
        text = json.dumps(chosen["Definition"])
    for name, value in chosen.get("DefinitionSubstitutions", {}).items():
        text = text.replace("${" + name + "}", _text(value))
    return str(text)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _arn(resource: Resource, kind: str, name: str) -> str:
    return f"arn:aws:states:{resource.place.region}:{resource.place.account}:{kind}:{name}"


def state_machine_version(resource: Resource) -> Made:
    """`AWS::StepFunctions::StateMachineVersion`."""
    chosen, rest = resource.split("StateMachineArn", "StateMachineRevisionId", "Description")
    resource.refuse(rest)
    request = {
        key[0].lower() + key[1:].replace("StateMachineR", "r"): value
        for key, value in chosen.items()
        if key != "StateMachineRevisionId"
    }
    arn = resource.call("stepfunctions", "publish_state_machine_version", request)
    version = arn["stateMachineVersionArn"]
    return Made(ref=version, attributes={"Arn": version})


def state_machine_alias(resource: Resource) -> Made:
    """`AWS::StepFunctions::StateMachineAlias`."""
    chosen, rest = resource.split(
        "Name", "Description", "RoutingConfiguration", "DeploymentPreference"
    )
    resource.refuse(rest)
    routes = _routes(resource, chosen)
    name = chosen.get("Name", resource.default_name)
    arn = f"{routes[0]['stateMachineVersionArn'].rpartition(':')[0]}:{name}"
    resource.create_or_update(
        lambda: resource.call(
            "stepfunctions",
            "create_state_machine_alias",
            {"name": name, "routingConfiguration": routes},
        ),
        lambda: resource.call(
            "stepfunctions",
            "update_state_machine_alias",
            {"stateMachineAliasArn": arn, "routingConfiguration": routes},
        ),
        exists=EXISTS,
    )
    return Made(ref=arn, attributes={"Arn": arn})


def _routes(resource: Resource, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    """Where the alias points; a gradual deployment is over at once here."""
    if preference := chosen.get("DeploymentPreference"):
        return [{"stateMachineVersionArn": preference["StateMachineVersionArn"], "weight": 100}]
    if "RoutingConfiguration" not in chosen:
        raise DeployError(f"{resource.logical_id} points nowhere")
    return [
        {"stateMachineVersionArn": route["StateMachineVersionArn"], "weight": route["Weight"]}
        for route in chosen["RoutingConfiguration"]
    ]
