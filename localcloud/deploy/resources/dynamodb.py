"""Tables."""

from __future__ import annotations

from typing import Any

from localcloud.deploy.errors import DeployError
from localcloud.deploy.resource import Made, Resource


def table(resource: Resource) -> Made:
    """`AWS::DynamoDB::Table`; an existing table keeps its items and gains missing indexes."""
    extra, request = resource.split(
        "TimeToLiveSpecification", "PointInTimeRecoverySpecification", "SSESpecification"
    )
    request = {"TableName": resource.default_name} | request
    if sse := extra.get("SSESpecification"):
        renamed = {"SSEEnabled": "Enabled"}
        request["SSESpecification"] = {renamed.get(key, key): sse[key] for key in sse}
    if stream := request.get("StreamSpecification"):
        request["StreamSpecification"] = {"StreamEnabled": True} | stream
    name = request["TableName"]
    description = resource.create_or_update(
        lambda: resource.call("dynamodb", "create_table", request)["TableDescription"],
        lambda: _update(resource, request),
        exists=("ResourceInUseException",),
    )
    _protect(resource, name, extra)
    return Made(
        ref=name,
        attributes={
            "Arn": description["TableArn"],
            "StreamArn": description.get("LatestStreamArn"),
        },
    )


def _protect(resource: Resource, name: str, extra: dict[str, Any]) -> None:
    if recovery := extra.get("PointInTimeRecoverySpecification"):
        resource.call(
            "dynamodb",
            "update_continuous_backups",
            {"TableName": name, "PointInTimeRecoverySpecification": recovery},
        )
    wanted = extra.get("TimeToLiveSpecification")
    if wanted is None:
        return
    now = resource.call("dynamodb", "describe_time_to_live", {"TableName": name})
    enabled = now["TimeToLiveDescription"].get("TimeToLiveStatus") == "ENABLED"
    if enabled != (str(wanted["Enabled"]).lower() == "true"):
        resource.call(
            "dynamodb",
            "update_time_to_live",
            {"TableName": name, "TimeToLiveSpecification": wanted},
        )


def _update(resource: Resource, request: dict[str, Any]) -> dict[str, Any]:
    name = request["TableName"]
    present: dict[str, Any] = resource.call("dynamodb", "describe_table", {"TableName": name})[
        "Table"
    ]
    if present["KeySchema"] != request["KeySchema"]:
        raise DeployError(
            f"{resource.logical_id}: the table {name} exists with other keys; "
            "CloudFormation would replace it, which loses its items"
        )
    indexes = {index["IndexName"] for index in present.get("GlobalSecondaryIndexes", [])}
    for index in request.get("GlobalSecondaryIndexes", []):
        if index["IndexName"] not in indexes:
            resource.call(
                "dynamodb",
                "update_table",
                {
                    "TableName": name,
                    "AttributeDefinitions": request["AttributeDefinitions"],
                    "GlobalSecondaryIndexUpdates": [{"Create": index}],
                },
            )
    return present
