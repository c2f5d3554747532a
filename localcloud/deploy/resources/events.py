"""EventBridge rules and schedules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localcloud.deploy.resource import Made, Resource


def rule(resource: Resource) -> Made:
    """`AWS::Events::Rule`."""
    chosen, request = resource.split("Targets")
    request = {"Name": resource.default_name} | request
    if isinstance(pattern := request.get("EventPattern"), Mapping):
        request["EventPattern"] = json.dumps(pattern)
    arn = resource.call("events", "put_rule", request)["RuleArn"]
    if targets := chosen.get("Targets"):
        bus = {"EventBusName": request["EventBusName"]} if "EventBusName" in request else {}
        resource.call("events", "put_targets", {"Rule": request["Name"], "Targets": targets} | bus)
    return Made(ref=request["Name"], attributes={"Arn": arn})


def schedule(resource: Resource) -> Made:
    """`AWS::Scheduler::Schedule`."""
    request: dict[str, Any] = {"Name": resource.default_name} | dict(resource.properties)
    name = request["Name"]
    group = request.get("GroupName", "default")
    resource.create_or_update(
        lambda: resource.call("scheduler", "create_schedule", request),
        lambda: resource.call("scheduler", "update_schedule", request),
        exists=("ConflictException",),
    )
    place = resource.place
    arn = f"arn:aws:scheduler:{place.region}:{place.account}:schedule/{group}/{name}"
    return Made(ref=name, attributes={"Arn": arn})
