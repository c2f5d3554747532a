"""Decides what to create and in which order; touches nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from localcloud.deploy.errors import DeployError
from localcloud.deploy.intrinsics import references, resolve
from localcloud.deploy.parameters import parameter_values

Template = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a stack is deployed to."""

    stack: str
    account: str
    region: str

    @property
    def stack_id(self) -> str:
        """The stack's ARN."""
        return f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{self.stack}/local"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One resource; its properties still hold intrinsic functions."""

    logical_id: str
    type: str
    properties: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Everything that is to be done: every step comes after those that it refers to."""

    place: Place
    values: dict[str, Any]
    """Parameters and pseudo parameters."""
    conditions: dict[str, bool]
    mappings: Mapping[str, Any]
    steps: tuple[Step, ...]
    outputs: Mapping[str, Mapping[str, Any]]


def make_plan(
    template: Template, *, given: Mapping[str, str], place: Place, known_types: Collection[str]
) -> Plan:
    """The plan for a translated template.

    Raises:
        DeployError: a parameter is wrong, a type unknown, a name undefined, or resources refer
            to one another in a circle.
    """
    values = pseudo_parameters(place) | parameter_values(template.get("Parameters", {}), given)
    conditions = _Conditions(template, values)
    steps = {
        name: Step(
            logical_id=name,
            type=resource["Type"],
            properties=resource.get("Properties", {}),
        )
        for name, resource in template["Resources"].items()
        if conditions.allows(resource)
    }
    if unknown := sorted({step.type for step in steps.values()}.difference(known_types)):
        raise DeployError(f"the local cloud cannot create {', '.join(unknown)}")
    return Plan(
        place=place,
        values=values,
        conditions={name: conditions.condition(name) for name in template.get("Conditions", {})},
        mappings=template.get("Mappings", {}),
        steps=tuple(steps[name] for name in _order(template, steps, values)),
        outputs={
            name: output
            for name, output in template.get("Outputs", {}).items()
            if conditions.allows(output)
        },
    )


def pseudo_parameters(place: Place) -> dict[str, Any]:
    """The values of `AWS::Region` and its kin, except for `AWS::NoValue`."""
    return {
        "AWS::AccountId": place.account,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": place.region,
        "AWS::StackId": place.stack_id,
        "AWS::StackName": place.stack,
        "AWS::URLSuffix": "amazonaws.com",
    }


class _Conditions:
    """A lookup for what conditions may refer to: parameters, mappings and each other."""

    def __init__(self, template: Template, values: Mapping[str, Any]) -> None:
        self._template = template
        self._values = values

    def allows(self, element: Mapping[str, Any]) -> bool:
        return "Condition" not in element or self.condition(element["Condition"])

    def condition(self, name: str) -> bool:
        try:
            return bool(resolve(self._template["Conditions"][name], self))
        except KeyError as error:
            raise DeployError(f"the template has no condition {name}") from error

    def ref(self, name: str) -> Any:
        if name not in self._values:
            raise DeployError(f"a condition refers to {name}, which is no parameter")
        return self._values[name]

    def attribute(self, logical_id: str, name: str) -> Any:
        raise DeployError(f"a condition refers to {logical_id}.{name}: only parameters are known")

    def mapping(self, name: str, key: str, member: str) -> Any:
        return self._template["Mappings"][name][key][member]


def _order(
    template: Template, steps: Mapping[str, Step], values: Mapping[str, Any]
) -> tuple[str, ...]:
    """Logical ids so that each comes after what it needs, else in the template's order."""
    graph: dict[str, list[str]] = {}
    for name, step in steps.items():
        explicit = template["Resources"][name].get("DependsOn", [])
        needed = [explicit] if isinstance(explicit, str) else list(explicit)
        needed += references(step.properties)
        for other in needed:
            known = other in template["Resources"] or other in values or other == "AWS::NoValue"
            if not known:
                raise DeployError(f"{name} refers to {other}, which the template does not define")
        graph[name] = [other for other in dict.fromkeys(needed) if other in steps]
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise DeployError(
            f"resources refer to one another: {' -> '.join(error.args[1])}"
        ) from error
