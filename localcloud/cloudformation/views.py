"""Records of stacks as the API shows them."""

from __future__ import annotations

import json
from typing import Any

from localcloud.deploy.stacks import StackEvent, StackRecord, StackResource

_HIDDEN = "****"


def owner(record: StackRecord) -> dict[str, Any]:
    """Whose something is."""
    return {"StackId": record.stack_id, "StackName": record.name}


def stack(record: StackRecord) -> dict[str, Any]:
    """The answer of DescribeStacks for one stack."""
    return owner(record) | {
        "Description": record.description,
        "StackStatus": record.status,
        "StackStatusReason": record.reason or None,
        "CreationTime": record.created_at,
        "LastUpdatedTime": record.updated_at,
        "DisableRollback": False,
        "Parameters": parameters(record),
        "Outputs": [
            {"OutputKey": out.key, "OutputValue": out.value, "Description": out.description}
            for out in record.outputs
        ],
        "Capabilities": list(record.capabilities),
        "Tags": tags(record.tags),
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        "EnableTerminationProtection": False,
    }


def stack_summary(record: StackRecord) -> dict[str, Any]:
    """The answer of ListStacks for one stack."""
    shown = ("StackId", "StackName", "StackStatus", "CreationTime", "LastUpdatedTime")
    whole = stack(record)
    return {name: whole[name] for name in shown}


def parameters(record: StackRecord) -> list[dict[str, Any]]:
    """The values of parameters; those that are not to be echoed are stars."""
    declared = json.loads(record.template).get("Parameters", {}) if record.template else {}
    hidden = {name for name in declared if str(declared[name].get("NoEcho")).lower() == "true"}
    return [
        {"ParameterKey": key, "ParameterValue": _HIDDEN if key in hidden else value}
        for key, value in record.parameters
    ]


def tags(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    """Tags as a list of pairs."""
    return [{"Key": key, "Value": value} for key, value in pairs]


def resource(item: StackResource, record: StackRecord) -> dict[str, Any]:
    """What all answers say of a resource but its time, which each calls by another name."""
    return {
        "LogicalResourceId": item.logical_id,
        "PhysicalResourceId": item.physical_id,
        "ResourceType": item.type,
        "ResourceStatus": item.status,
        "ResourceStatusReason": item.reason or None,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        "Timestamp": item.updated_at or record.updated_at,
    }


def renamed(shown: dict[str, Any]) -> dict[str, Any]:
    """A resource for the answers that call its time `LastUpdatedTimestamp`."""
    return {"LastUpdatedTimestamp" if name == "Timestamp" else name: shown[name] for name in shown}


def event(record: StackRecord, number: int, told: StackEvent) -> dict[str, Any]:
    """The answer of DescribeStackEvents for one event, the `number`th of its stack."""
    return owner(record) | {
        "EventId": f"{told.logical_id}-{told.status}-{told.at}-{number}",
        "LogicalResourceId": told.logical_id,
        "PhysicalResourceId": told.physical_id,
        "ResourceType": told.type,
        "Timestamp": told.at,
        "ResourceStatus": told.status,
        "ResourceStatusReason": told.reason or None,
    }
