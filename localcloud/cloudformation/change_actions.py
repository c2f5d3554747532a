"""The actions that change stacks: at once, or by change sets.

They answer when a change has begun; its end shows in the status of the stack.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from localcloud.cloudformation import views
from localcloud.cloudformation.change_sets import (
    NO_CHANGES,
    ChangeSet,
    ChangeSets,
    make_change_set,
)
from localcloud.cloudformation.errors import RefusedError, invalid
from localcloud.cloudformation.requests import wish_of
from localcloud.cloudformation.templates import check_capabilities
from localcloud.cloudformation.wire import Request
from localcloud.deploy.differences import differences
from localcloud.deploy.errors import DeployError
from localcloud.deploy.ledger import Ledger, now
from localcloud.deploy.stack_work import Change, Manner, StackWork
from localcloud.deploy.stacks import StackRecord

log = logging.getLogger(__name__)

_UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED")
_REVIEWED = "REVIEW_IN_PROGRESS"
# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")
_LONGEST_NAME = 128
Answer = dict[str, Any]
Background = Callable[[str, Callable[[], None]], None]
"""Has something done for the stack of that name, while the request is answered."""


class ChangeActions:
    """CreateStack, UpdateStack, DeleteStack, and the same by change sets."""

    def __init__(
        self, work: StackWork, client: Callable[[str], Any], *, background: Background
    ) -> None:
        self._work = work
        self._records = work.records
        self._client = client
        self._background = background
        self._sets = ChangeSets()
        self.actions: dict[str, Callable[[Request], Answer]] = {
            "CreateChangeSet": self._create_change_set,
            "CreateStack": self._create_stack,
            "DeleteChangeSet": self._delete_change_set,
            "DeleteStack": self._delete_stack,
            "DescribeChangeSet": self._describe_change_set,
            "ExecuteChangeSet": self._execute_change_set,
            "ListChangeSets": self._list_change_sets,
            "UpdateStack": self._update_stack,
        }

    def _create_stack(self, request: Request) -> Answer:
        name = _new_name(request)
        if self._records.find(name) is not None:
            raise RefusedError("AlreadyExistsException", f"Stack [{name}] already exists")
        change = self._change(request, name, None)
        keeps = request.get("DisableRollback") == "true" or request.get("OnFailure") == "DO_NOTHING"
        return self._begin(change, keeps_failed=keeps)

    def _update_stack(self, request: Request) -> Answer:
        before = self._updatable(str(request["StackName"]))
        change = self._change(request, before.name, before)
        changed = differences(change.plan_before, change.plan)
        same_outputs = change.plan_before and change.plan_before.outputs == change.plan.outputs
        if not changed and same_outputs:
            raise invalid("No updates are to be performed.")
        return self._begin(change, keeps_failed=request.get("DisableRollback") == "true")

    def _delete_stack(self, request: Request) -> Answer:
        record = self._records.find(str(request["StackName"]))
        if record is None:
            return {}  # as CloudFormation answers
        if record.is_changing:
            raise invalid(
                f"Stack:{record.stack_id} is in {record.status} state and can not be deleted."
            )
        self._sets.drop(record.name)
        ledger = self._work.begin_deletion(record)
        self._background(record.name, lambda: self._work.delete(ledger))
        return {}

    def _create_change_set(self, request: Request) -> Answer:
        kind = str(request.get("ChangeSetType", "UPDATE"))
        name = str(request["StackName"]) if kind == "UPDATE" else _new_name(request)
        before = self._records.find(name)
        if kind == "UPDATE":
            before = self._updatable(name)
        elif before is not None and before.status != _REVIEWED:
            raise invalid(
                f"Stack [{before.name}] already exists and cannot be created again "
                f"with the changeSet [{request['ChangeSetName']}]."
            )
        change = self._change(request, name, before)
        made = make_change_set(
            change,
            name=str(request["ChangeSetName"]),
            kind=kind,
            description=request.get("Description"),
        )
        self._sets.add(made)
        if before is None:
            self._announce(change)
        return {"Id": made.arn, "StackId": change.plan.place.stack_id}

    def _announce(self, change: Change) -> None:
        """Show a stack that a change set will create."""
        self._records.make_bucket(change.plan.place.region)
        record = StackRecord(
            stack_id=change.plan.place.stack_id,
            name=change.wish.stack,
            status=_REVIEWED,
            created_at=now(),
            updated_at=now(),
        )
        Ledger(record, self._records.save).turn(_REVIEWED, "User Initiated")

    def _execute_change_set(self, request: Request) -> Answer:
        found = self._found(request)
        if found.is_empty:
            raise RefusedError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{found.arn}] cannot be executed in its current status of [FAILED]",
            )
        if found.kind == "UPDATE":
            self._updatable(found.stack)
        self._sets.drop(found.stack)  # the others were made for what is no more
        self._begin(found.change, keeps_failed=request.get("DisableRollback") == "true")
        return {}

    def _describe_change_set(self, request: Request) -> Answer:
        found = self._found(request)
        plan, wish = found.change.plan, found.change.wish
        return _summary(found) | {
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in wish.parameters.items()
            ],
            "Capabilities": list(wish.capabilities),
            "Tags": views.tags(wish.tags),
            "Changes": list(found.changes),
            "NotificationARNs": plan.values["AWS::NotificationARNs"],
        }

    def _list_change_sets(self, request: Request) -> Answer:
        wanted = str(request["StackName"])
        return {"Summaries": [_summary(s) for s in self._sets.of_all() if s.stack == wanted]}

    def _delete_change_set(self, request: Request) -> Answer:
        found = self._found(request)
        self._sets.drop(found.stack, found.name)
        return {}

    def _found(self, request: Request) -> ChangeSet:
        stack = request.get("StackName")
        record = self._records.find(str(stack)) if stack else None
        return self._sets.find(str(request["ChangeSetName"]), record.name if record else stack)

    def _updatable(self, name: str) -> StackRecord:
        record = self._records.find(name)
        if record is None:
            raise invalid(f"Stack [{name}] does not exist")
        if record.status not in _UPDATABLE:
            raise invalid(
                f"Stack:{record.stack_id} is in {record.status} state and can not be updated."
            )
        return record

    def _change(self, request: Request, name: str, before: StackRecord | None) -> Change:
        wish = wish_of(request, stack=name, before=before, client=self._client)
        change = self._work.change(wish)
        check_capabilities(change.template, wish.capabilities)
        return change

    def _begin(self, change: Change, *, keeps_failed: bool) -> Answer:
        ledger = self._work.begin(change)
        manner = Manner(keeps_failed=keeps_failed)
        self._background(change.wish.stack, lambda: self._carry_out(change, ledger, manner))
        return {"StackId": change.plan.place.stack_id}

    def _carry_out(self, change: Change, ledger: Ledger, manner: Manner) -> None:
        try:
            self._work.carry_out(change, ledger, manner)
        except DeployError as error:
            log.info("%s: %s", change.wish.stack, error)
        except Exception:
            log.exception("the change of the stack %s has broken off", change.wish.stack)
            ledger.turn("ROLLBACK_FAILED" if change.before is None else "UPDATE_ROLLBACK_FAILED")
            self._records.save(ledger.record)


def _new_name(request: Request) -> str:
    """The name of a stack that is to be.

    Raises:
        RefusedError: a stack cannot be named so.
    """
    name = str(request["StackName"])
    if not _NAME.fullmatch(name):
        wanted = f"satisfy regular expression pattern: {_NAME.pattern}"
    elif len(name) > _LONGEST_NAME:
        wanted = f"have length less than or equal to {_LONGEST_NAME}"
    else:
        return name
    raise invalid(
        f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy "
        f"constraint: Member must {wanted}"
    )


def _summary(found: ChangeSet) -> Answer:
    return {
        "ChangeSetName": found.name,
        "ChangeSetId": found.arn,
        "StackId": found.change.plan.place.stack_id,
        "StackName": found.stack,
        "Description": found.description,
        "CreationTime": found.created_at,
        "ChangeSetType": found.kind,
        "Status": "FAILED" if found.is_empty else "CREATE_COMPLETE",
        "StatusReason": NO_CHANGES if found.is_empty else None,
        "ExecutionStatus": "UNAVAILABLE" if found.is_empty else "AVAILABLE",
    }
