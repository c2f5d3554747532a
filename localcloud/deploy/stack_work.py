"""Creates, updates, rolls back and deletes one stack after another.

A change that fails is taken back: what was made for it is removed, what was there before is as it
was.  Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.deploy.differences import differences
from localcloud.deploy.errors import DeployError
from localcloud.deploy.executor import Deployed, execute
from localcloud.deploy.ledger import Ledger, now
from localcloud.deploy.plan import Place, Plan, make_plan
from localcloud.deploy.removal import EVERYTHING, Remover, remove
from localcloud.deploy.resources import CREATORS
from localcloud.deploy.stacks import StackOutput, StackRecord, StackRecords, StackResource
from localcloud.deploy.template_text import Template, parse_template
from localcloud.deploy.translate import translate

_RETAINED = ("Retain", "RetainExceptOnCreate")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a stack shall be."""

    stack: str
    source: str
    """The template as text; its code lies in S3 already."""
    parameters: Mapping[str, str]
    tags: tuple[tuple[str, str], ...] = ()
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A wish that can be carried out, beside what is there."""

    wish: Wish
    template: Template
    """After the transform."""
    plan: Plan
    before: StackRecord | None
    """None where the stack is new."""
    plan_before: Plan | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How a change is carried out."""

    removers: Mapping[str, Remover] = field(default_factory=lambda: EVERYTHING)
    """What may be removed: when it leaves the template, or was made for a change that failed."""
    adopts: bool = False
    """Whether what exists already under a resource's name becomes the stack's."""
    keeps_failed: bool = False
    """Whether a change that failed is left as it is."""


class StackWork:
    """Changes stacks, one at a time."""

    def __init__(self, client: Callable[[str], Any], *, account: str, region: str) -> None:
        """`client` gives the local cloud's clients, by boto3's names."""
        self._client = client
        self._account = account
        self._region = region
        self._lock = threading.Lock()
        self.records = StackRecords(client)

    def place(self, stack: str) -> Place:
        """Where a stack of that name is."""
        return Place(stack=stack, account=self._account, region=self._region)

    def change(self, wish: Wish) -> Change:
        """The change that makes a wish true.

        Raises:
            DeployError: the template or a parameter is wrong.
        """
        template = translate(
            parse_template(wish.source, name="the template"),
            parameters=dict(wish.parameters),
            region=self._region,
        )
        before = self.records.find(wish.stack)
        if before is not None and not before.template:
            before = None  # it is only spoken of so far
        return Change(
            wish=wish,
            template=template,
            plan=self._plan(template, wish.stack, wish.parameters),
            before=before,
            plan_before=self._plan_of(before) if before else None,
        )

    def begin(self, change: Change) -> Ledger:
        """Let everybody see that a stack is being changed.

        Raises:
            DeployError: it is already.
        """
        moment = now()
        status = "CREATE_IN_PROGRESS" if change.before is None else "UPDATE_IN_PROGRESS"
        self.records.make_bucket(self._region)
        record = self.records.find(change.wish.stack) or StackRecord(
            stack_id=change.plan.place.stack_id,
            name=change.wish.stack,
            status=status,
            created_at=moment,
            updated_at=moment,
        )
        if record.is_changing and record.events:
            raise DeployError(f"{record.name} is in {record.status} state and cannot be changed")
        ledger = Ledger(record, self.records.show)
        ledger.turn(status, "User Initiated")
        ledger.changed = frozenset(
            found.logical_id for found in differences(change.plan_before, change.plan)
        )
        return ledger

    def carry_out(self, change: Change, ledger: Ledger, manner: Manner) -> dict[str, str]:
        """Change the stack, for which `begin` gave the ledger; the result is its outputs.

        Raises:
            DeployError: a resource cannot be made; what was done is taken back.
        """
        with self._lock:
            verb = "CREATE" if change.before is None else "UPDATE"
            try:
                deployed = self._execute(change.plan, ledger, manner)
            except DeployError as error:
                self._take_back(change, ledger, manner, str(error))
                raise
            self._finish(change, ledger, deployed, manner, verb)
            return deployed.outputs

    def begin_deletion(self, record: StackRecord) -> Ledger:
        """Let everybody see that a stack is being deleted."""
        ledger = Ledger(record, self.records.show)
        ledger.turn("DELETE_IN_PROGRESS", "User Initiated")
        return ledger

    def delete(self, ledger: Ledger) -> None:
        """Remove a stack with everything in it that no DeletionPolicy retains."""
        record = ledger.record
        with self._lock:
            failed = self._remove_all(ledger, ledger.resources, record.template, EVERYTHING)
            if failed:
                names = ", ".join(failed)
                reason = f"The following resource(s) failed to delete: [{names}]. "
                ledger.turn("DELETE_FAILED", reason)
                self.records.save(ledger.record)
            else:
                ledger.turn("DELETE_COMPLETE")
                self.records.forget(record.name)

    def _plan(self, template: Template, stack: str, parameters: Mapping[str, str]) -> Plan:
        return make_plan(
            template, given=parameters, place=self.place(stack), known_types=CREATORS.keys()
        )

    def _plan_of(self, record: StackRecord) -> Plan:
        return self._plan(json.loads(record.template), record.name, dict(record.parameters))

    def _execute(self, plan: Plan, ledger: Ledger, manner: Manner) -> Deployed:
        return execute(
            plan,
            creators=CREATORS,
            previous={item.logical_id: item.physical_id for item in ledger.resources},
            adopts=manner.adopts,
            client=self._client,
            witness=ledger,
        )

    def _finish(
        self, change: Change, ledger: Ledger, deployed: Deployed, manner: Manner, verb: str
    ) -> None:
        if change.before is not None:
            ledger.turn("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._remove_replaced(change.before, ledger, deployed, manner.removers)
        ledger.record = replace(ledger.record, **_facts(change, deployed))
        ledger.put_in_order(change.plan)
        ledger.turn(f"{verb}_COMPLETE")
        self.records.save(ledger.record)

    def _remove_replaced(
        self,
        before: StackRecord,
        ledger: Ledger,
        deployed: Deployed,
        removers: Mapping[str, Remover],
    ) -> None:
        """Remove what the stack had and has no longer, under whatever logical id."""
        kept = {made.ref for made in deployed.resources.values()}
        gone = [item for item in before.resources if item.physical_id not in kept]
        self._remove_all(ledger, gone, before.template, removers)
        for item in gone:
            ledger.forget(item)

    def _take_back(self, change: Change, ledger: Ledger, manner: Manner, reason: str) -> None:
        before = change.before
        if manner.keeps_failed:
            ledger.turn("CREATE_FAILED" if before is None else "UPDATE_FAILED", reason)
        elif before is None:
            ledger.turn("ROLLBACK_IN_PROGRESS", reason)
            self._remove_all(ledger, ledger.resources, "", manner.removers)
            ledger.turn("ROLLBACK_COMPLETE")
        else:
            ledger.turn("UPDATE_ROLLBACK_IN_PROGRESS", reason)
            self._restore(change, before, ledger, manner)
        self.records.save(ledger.record)

    def _restore(self, change: Change, before: StackRecord, ledger: Ledger, manner: Manner) -> None:
        known = {item.logical_id: item for item in before.resources}
        new = [item for item in ledger.resources if item.logical_id not in known]
        ledger.go_back_to(before)
        plan = change.plan_before
        try:
            if plan is not None:
                self._execute(plan, ledger, manner)
        except DeployError as error:
            ledger.turn("UPDATE_ROLLBACK_FAILED", str(error))
            return
        ledger.turn("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self._remove_all(ledger, new, "", manner.removers)
        ledger.turn("UPDATE_ROLLBACK_COMPLETE")

    def _remove_all(
        self,
        ledger: Ledger,
        resources: tuple[StackResource, ...] | list[StackResource],
        template: str,
        removers: Mapping[str, Remover],
    ) -> list[str]:
        """Remove resources, the last first; the logical ids of those that stayed against this."""
        policies = _deletion_policies(template)
        failed = []
        for item in reversed(resources):
            if not item.physical_id:  # it was never made
                ledger.removal(item, "DELETE_COMPLETE")
            elif policies.get(item.logical_id) in _RETAINED:
                ledger.removal(item, "DELETE_SKIPPED")
            elif not self._remove(ledger, item, removers):
                failed.append(item.logical_id)
        return failed

    def _remove(self, ledger: Ledger, item: StackResource, removers: Mapping[str, Remover]) -> bool:
        if item.type not in removers:
            ledger.removal(item, "DELETE_SKIPPED")
            return True
        ledger.removal(item, "DELETE_IN_PROGRESS")
        try:
            remove(removers, item.type, item.physical_id, self._client)
        except (ClientError, BotoCoreError) as error:
            ledger.removal(item, "DELETE_FAILED", str(error))
            return False
        ledger.removal(item, "DELETE_COMPLETE")
        return True


def _deletion_policies(template: str) -> dict[str, str]:
    resources = json.loads(template)["Resources"] if template else {}
    return {name: resources[name].get("DeletionPolicy", "Delete") for name in resources}


def _facts(change: Change, deployed: Deployed) -> dict[str, Any]:
    """What a record says of a change that has succeeded."""
    values, outputs = change.plan.values, change.plan.outputs
    return {
        "description": change.template.get("Description"),
        "template": json.dumps(change.template, default=str),
        "source": change.wish.source,
        "tags": change.wish.tags,
        "capabilities": change.wish.capabilities,
        "parameters": tuple(
            (name, ",".join(value) if isinstance(value, list) else value)
            for name, value in values.items()
            if not name.startswith("AWS::")
        ),
        "outputs": tuple(
            StackOutput(key=key, value=value, description=outputs[key].get("Description"))
            for key, value in deployed.outputs.items()
        ),
    }
