"""The stack as CloudFormation shows it: outputs, parameters and resources.

Moto's CloudFormation does not know the resource types that matter here, so it is only given
the result, for DescribeStacks, ListStackResources and GetTemplate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.cloudformation.models import Stack, cloudformation_backends
from moto.core.utils import utcnow

from localcloud.deploy.executor import Deployed
from localcloud.deploy.plan import Plan


class ShownResource:
    """One row of ListStackResources."""

    def __init__(self, *, logical_id: str, physical_id: str, kind: str) -> None:
        self.logical_resource_id = logical_id
        self.physical_resource_id = physical_id
        self.type = kind
        self.status = "CREATE_COMPLETE"


class ShownStack(Stack):
    """A stack of which everything is known beforehand."""

    def __init__(self, plan: Plan, deployed: Deployed, template: Mapping[str, Any]) -> None:
        place = plan.place
        empty = json.dumps({"Resources": {}})
        super().__init__(place.stack_id, place.stack, empty, {}, place.account, place.region)
        self._parameters = {
            name: value for name, value in plan.values.items() if not name.startswith("AWS::")
        }
        self._outputs = [
            {
                "OutputKey": name,
                "OutputValue": value,
                "Description": plan.outputs[name].get("Description"),
            }
            for name, value in deployed.outputs.items()
        ]
        self._resources = [
            ShownResource(
                logical_id=step.logical_id,
                physical_id=deployed.resources[step.logical_id].ref,
                kind=step.type,
            )
            for step in plan.steps
        ]
        self.template = json.dumps(template, default=str)
        self.description = template.get("Description")
        self.status = "CREATE_COMPLETE"
        self.creation_time = utcnow()

    @staticmethod
    def cloudformation_name_type() -> str:
        """Nothing nests such a stack."""
        return ""

    def is_created(self) -> bool:
        """It is shown only once everything exists."""
        return True

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The outputs, in the template's order."""
        return self._outputs

    @property
    def stack_resources(self) -> Any:
        """The resources, in the order of their creation."""
        return self._resources

    @property
    def parameter_list(self) -> list[dict[str, Any]]:
        """The parameters as DescribeStacks shows them."""
        return [
            {
                "ParameterKey": name,
                "ParameterValue": ",".join(value) if isinstance(value, list) else value,
            }
            for name, value in self._parameters.items()
        ]


def previous_resources(*, stack: str, account: str, region: str) -> dict[str, str]:
    """Logical to physical ids of the stack's last deployment; empty if there was none."""
    shown = _find(stack=stack, account=account, region=region)
    if shown is None:
        return {}
    return {
        resource.logical_resource_id: resource.physical_resource_id
        for resource in shown.stack_resources
    }


def show(plan: Plan, deployed: Deployed, template: Mapping[str, Any]) -> None:
    """Let CloudFormation's API show the stack."""
    stack = ShownStack(plan, deployed, template)
    place = plan.place
    before = _find(stack=place.stack, account=place.account, region=place.region)
    if before is not None:
        stack.status = "UPDATE_COMPLETE"
        stack.creation_time = before.creation_time
    cloudformation_backends[place.account][place.region].stacks[stack.stack_id] = stack


def _find(*, stack: str, account: str, region: str) -> ShownStack | None:
    for known in cloudformation_backends[account][region].stacks.values():
        if known.name == stack and isinstance(known, ShownStack):
            return known
    return None
