"""Change sets: what a stack shall become, kept until somebody has it done.

They end with the process: a stack is reviewed within minutes.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localcloud.cloudformation.errors import RefusedError
from localcloud.deploy.differences import differences
from localcloud.deploy.ledger import now
from localcloud.deploy.stack_work import Change

NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeSet:
    """A change that waits; times are ISO 8601, UTC."""

    arn: str
    name: str
    stack: str
    kind: str
    """`CREATE` or `UPDATE`."""
    description: str | None
    created_at: str
    change: Change
    changes: tuple[dict[str, Any], ...]
    """As the API shows them."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing would come of it."""
        return self.kind == "UPDATE" and not self.changes and not self._outputs_change

    @property
    def _outputs_change(self) -> bool:
        before = self.change.plan_before
        return before is not None and before.outputs != self.change.plan.outputs


class ChangeSets:
    """The change sets of all stacks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sets: dict[tuple[str, str], ChangeSet] = {}

    def add(self, change_set: ChangeSet) -> None:
        """Keep one.

        Raises:
            RefusedError: the stack has one of that name.
        """
        key = (change_set.stack, change_set.name)
        with self._lock:
            if key in self._sets:
                message = f"ChangeSet {change_set.name} already exists"
                raise RefusedError("AlreadyExistsException", message)
            self._sets[key] = change_set

    def find(self, name_or_arn: str, stack: str | None) -> ChangeSet:
        """One by its ARN, or by its name and that of its stack.

        Raises:
            RefusedError: there is none.
        """
        for found in self.of_all():
            is_named = found.name == name_or_arn and stack in (found.stack, None)
            if found.arn == name_or_arn or is_named:
                return found
        message = f"ChangeSet [{name_or_arn}] does not exist"
        raise RefusedError("ChangeSetNotFound", message)

    def of_all(self) -> Iterator[ChangeSet]:
        """Every change set, the oldest first."""
        with self._lock:
            found = list(self._sets.values())
        yield from found

    def drop(self, stack: str, name: str | None = None) -> None:
        """Forget one change set of a stack, or all of them."""
        with self._lock:
            for key in [key for key in self._sets if key[0] == stack and name in (key[1], None)]:
                del self._sets[key]


def make_change_set(change: Change, *, name: str, kind: str, description: str | None) -> ChangeSet:
    """A change set for a change."""
    place = change.plan.place
    where = f"arn:aws:cloudformation:{place.region}:{place.account}:changeSet"
    known = change.before.physical_ids if change.before else {}
    return ChangeSet(
        arn=f"{where}/{name}/{uuid.uuid4()}",
        name=name,
        stack=change.wish.stack,
        kind=kind,
        description=description,
        created_at=now(),
        change=change,
        changes=tuple(
            {
                "Type": "Resource",
                "ResourceChange": {
                    "Action": found.action,
                    "LogicalResourceId": found.logical_id,
                    "PhysicalResourceId": known.get(found.logical_id),
                    "ResourceType": found.type,
                    "Replacement": "Conditional" if found.action == "Modify" else None,
                    "Scope": ["Properties"] if found.action == "Modify" else [],
                    "Details": [],
                },
            }
            for found in differences(change.plan_before, change.plan)
        ),
    )
