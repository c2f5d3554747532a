"""What becomes of one stack while it is changed, seen by everybody as it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from localcloud.deploy.plan import Plan, Step
from localcloud.deploy.resource import Made
from localcloud.deploy.stacks import StackEvent, StackRecord, StackResource

STACK = "AWS::CloudFormation::Stack"
_KEPT_EVENTS = 2_000


def now() -> str:
    """The time as CloudFormation writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Ledger:
    """The record of a stack, event after event; a witness of its resources."""

    def __init__(self, record: StackRecord, show: Callable[[StackRecord], None]) -> None:
        """`show` is given the record after each event."""
        self.record = record
        self._show = show
        self._resources = {resource.logical_id: resource for resource in record.resources}
        self.changed: frozenset[str] = frozenset(self._resources)
        """The logical ids whose update is an event; what is new is one always."""

    def turn(self, status: str, reason: str = "") -> None:
        """Give the stack another status."""
        self.record = replace(self.record, status=status, reason=reason, updated_at=now())
        self._add(self.record.name, self.record.stack_id, STACK, status, reason)

    def begins(self, step: Step, physical_id: str | None) -> None:
        """See `executor.Witness`."""
        if physical_id is None:
            self._note(step, "", "CREATE_IN_PROGRESS")
        elif step.logical_id in self.changed:
            self._note(step, physical_id, "UPDATE_IN_PROGRESS")

    def ends(self, step: Step, made: Made) -> None:
        """See `executor.Witness`."""
        known = self._resources.get(step.logical_id)
        is_new = known is None or known.status == "CREATE_IN_PROGRESS"
        is_replaced = known is not None and known.physical_id != made.ref
        if is_new or is_replaced or step.logical_id in self.changed:
            self._note(step, made.ref, "CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE")

    def fails(self, step: Step, reason: str) -> None:
        """See `executor.Witness`."""
        known = self._resources.get(step.logical_id)
        is_new = known is None or known.status == "CREATE_IN_PROGRESS"
        status = "CREATE_FAILED" if is_new else "UPDATE_FAILED"
        self._note(step, known.physical_id if known else "", status, reason)

    def removal(self, resource: StackResource, status: str, reason: str = "") -> None:
        """Tell of the removal of a resource; what is removed is none of the stack's any more."""
        if status in {"DELETE_COMPLETE", "DELETE_SKIPPED"}:
            self.forget(resource)
        self._add(resource.logical_id, resource.physical_id, resource.type, status, reason)

    def forget(self, resource: StackResource) -> None:
        """Take a resource that was replaced, or may stay where it is, off the list."""
        held = self._resources.get(resource.logical_id)
        if held is not None and held.physical_id == resource.physical_id:
            del self._resources[resource.logical_id]

    def go_back_to(self, before: StackRecord) -> None:
        """List the resources of a former record again."""
        failed = self._resources
        self._resources = {item.logical_id: item for item in before.resources}
        self.changed = frozenset(
            name
            for name, item in self._resources.items()
            if name in failed and failed[name] != item
        )

    def put_in_order(self, plan: Plan) -> None:
        """List the resources in the order of a plan."""
        self._resources = {step.logical_id: self._resources[step.logical_id] for step in plan.steps}

    @property
    def resources(self) -> tuple[StackResource, ...]:
        """The stack's resources as they are now, in the order in which they were made."""
        return tuple(self._resources.values())

    def _note(self, step: Step, physical_id: str, status: str, reason: str = "") -> None:
        self._resources[step.logical_id] = StackResource(
            logical_id=step.logical_id,
            physical_id=physical_id,
            type=step.type,
            status=status,
            updated_at=now(),
            reason=reason,
        )
        self._add(step.logical_id, physical_id, step.type, status, reason)

    def _add(self, logical_id: str, physical_id: str, kind: str, status: str, reason: str) -> None:
        event = StackEvent(
            logical_id=logical_id,
            physical_id=physical_id,
            type=kind,
            status=status,
            reason=reason,
            at=now(),
        )
        events = (*self.record.events, event)[-_KEPT_EVENTS:]
        self.record = replace(self.record, events=events, resources=self.resources)
        self._show(self.record)
