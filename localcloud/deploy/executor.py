"""Performs a plan, resource after resource, by API calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.deploy.errors import DeployError
from localcloud.deploy.intrinsics import NO_VALUE, resolve
from localcloud.deploy.plan import Plan, Step
from localcloud.deploy.resource import Creator, Made, Resource


class Witness(Protocol):
    """Is told what becomes of each resource."""

    def begins(self, step: Step, physical_id: str | None) -> None:
        """It is about to be made, or brought up to date if it has a physical id already."""

    def ends(self, step: Step, made: Made) -> None:
        """It exists as the plan has it."""

    def fails(self, step: Step, reason: str) -> None:
        """It does not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployed:
    """What a plan became."""

    resources: dict[str, Made]
    outputs: dict[str, str]


def execute(
    plan: Plan,
    *,
    creators: Mapping[str, Creator],
    previous: Mapping[str, str],
    adopts: bool,
    client: Callable[[str], Any],
    witness: Witness,
) -> Deployed:
    """Create or update every resource of the plan.

    `previous` maps logical ids to the physical ids of the stack's last deployment; `adopts` says
    whether what exists under a resource's name, but is not among them, becomes the stack's.

    Raises:
        DeployError: a resource cannot be created; it is named, with the reason.
    """
    lookup = _Existing(plan)

    def make(step: Step) -> Made:
        return creators[step.type](
            Resource(
                logical_id=step.logical_id,
                type=step.type,
                place=plan.place,
                properties=resolve(step.properties, lookup),
                physical_id=previous.get(step.logical_id),
                adopts=adopts,
                client=client,
            )
        )

    for step in plan.steps:
        witness.begins(step, previous.get(step.logical_id))
        try:
            made = lookup.made[step.logical_id] = make(step)
        except (ClientError, BotoCoreError, KeyError, DeployError) as error:
            witness.fails(step, str(error))
            if isinstance(error, DeployError):
                raise
            raise DeployError(f"{step.logical_id} ({step.type}): {error}") from error
        witness.ends(step, made)
    outputs = {name: lookup.here(resolve(o["Value"], lookup)) for name, o in plan.outputs.items()}
    return Deployed(resources=lookup.made, outputs=outputs)


class _Existing:
    """A lookup over parameters and the resources made so far."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.made: dict[str, Made] = {}

    def here(self, value: Any) -> str:
        """The text of a value, with the addresses that things have in this cloud."""
        text = str(value)
        for made in self.made.values():
            for on_aws, served in made.addresses.items():
                text = text.replace(on_aws, served)
        return text

    def ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._plan.values:
            return self._plan.values[name]
        return self._made(name).ref

    def attribute(self, logical_id: str, name: str) -> Any:
        attributes = self._made(logical_id).attributes
        if name not in attributes:
            raise DeployError(f"{logical_id} has no attribute {name}")
        return attributes[name]

    def condition(self, name: str) -> bool:
        if name not in self._plan.conditions:
            raise DeployError(f"the template has no condition {name}")
        return self._plan.conditions[name]

    def mapping(self, name: str, key: str, member: str) -> Any:
        return self._plan.mappings[name][key][member]

    def _made(self, name: str) -> Made:
        if name not in self.made:
            raise DeployError(f"{name} is neither a parameter nor a resource that exists")
        return self.made[name]
