"""What a new plan changes of an old one, as far as that shows before anything is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from localcloud.deploy.intrinsics import NO_VALUE, resolve
from localcloud.deploy.plan import Plan, Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One resource that will be added, modified or removed."""

    action: Literal["Add", "Modify", "Remove"]
    logical_id: str
    type: str


def differences(before: Plan | None, after: Plan) -> tuple[Difference, ...]:
    """The resources that change, in the order of the new plan, then those that leave."""
    old = {step.logical_id: step for step in before.steps} if before else {}
    new = {step.logical_id for step in after.steps}
    return (
        *_kept_or_added(before, after),
        *(_one("Remove", old[id_]) for id_ in old if id_ not in new),
    )


def _kept_or_added(before: Plan | None, after: Plan) -> Iterator[Difference]:
    old = {step.logical_id: _wording(step, before) for step in before.steps} if before else {}
    for step in after.steps:
        if step.logical_id not in old:
            yield _one("Add", step)
        elif old[step.logical_id] != _wording(step, after):
            yield _one("Modify", step)


def _one(action: Literal["Add", "Modify", "Remove"], step: Step) -> Difference:
    return Difference(action=action, logical_id=step.logical_id, type=step.type)


def _wording(step: Step, plan: Plan) -> str:
    """A step's properties with its parameters filled in; other resources stay names."""
    filled = resolve(step.properties, _Names(plan))
    return json.dumps([step.type, filled], sort_keys=True, default=str)


class _Names:
    """A lookup for which resources are their names."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        return self._plan.values.get(name, f"<{name}>")

    def attribute(self, logical_id: str, name: str) -> str:
        return f"<{logical_id}.{name}>"

    def condition(self, name: str) -> bool:
        return self._plan.conditions.get(name, False)

    def mapping(self, name: str, key: str, member: str) -> Any:
        return self._plan.mappings[name][key][member]
