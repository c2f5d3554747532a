"""Approval records in the control table, and the answer to the run that waits for one."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.gate import gate
from pipeline.gate.gate import Approval, Ballot
from stores.aws import code_of
from stores.control import ControlTable

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

log = logging.getLogger(__name__)

_DEAD_TOKEN = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
"""The run no longer waits: it timed out, was stopped, or has been answered."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """The approvals of this stack."""

    control: ControlTable

    def find(self, approval_id: str) -> Approval | None:
        """Return an approval, token and digest of the secret included."""
        item = self.control.get(_pk(approval_id), "APPROVAL")
        return _approval(item) if item else None

    def ask(self, approval: Approval) -> bool:
        """Keep a new approval; False if this question was asked before."""
        return self.control.update(
            _pk(approval.approval_id),
            "APPROVAL",
            _attributes(approval) | {"open": "APPROVAL", "open_since": approval.created_at},
            condition="attribute_not_exists(pk)",
        )

    def reopen(self, approval: Approval) -> bool:
        """Ask anew what expired because its run was cut off; False unless it has expired."""
        return self.control.update(
            _pk(approval.approval_id),
            "APPROVAL",
            _attributes(approval) | {"open": "APPROVAL", "open_since": approval.created_at},
            remove=("asked_at", "reminded_at"),
            condition="#status = :expired",
            names={"#status": "status"},
            values={":expired": gate.EXPIRED},
        )

    def renew(self, approval: Approval, *, task_token: str, secret_sha256: str) -> bool:
        """Keep the token and the secret of a repeated question; False once it is decided."""
        return self.control.update(
            _pk(approval.approval_id),
            "APPROVAL",
            {"task_token": task_token, "secret_sha256": secret_sha256},
            condition="#status = :pending",
            names={"#status": "status"},
            values={":pending": gate.PENDING},
        )

    def replace_token(self, approval: Approval, task_token: str) -> None:
        """Keep the token of a repeated question; if it is decided, the answer is due again."""
        self.control.update(
            _pk(approval.approval_id),
            "APPROVAL",
            {
                "task_token": task_token,
                "callback": "PENDING",
                "open": "APPROVAL",
                "open_since": approval.created_at,
            },
        )

    def record(self, before: Approval, after: Approval) -> bool:
        """Write what a ballot made of an approval; False if another ballot came between."""
        return self.control.update(
            _pk(before.approval_id),
            "APPROVAL",
            {
                "status": after.status,
                "votes": [ballot.as_record() for ballot in after.votes],
                "decided_by": after.decided_by,
                "comment": after.comment,
                "decided_at": after.decided_at,
            },
            condition="#status = :pending AND size(votes) = :counted",
            names={"#status": "status"},
            values={":pending": gate.PENDING, ":counted": len(before.votes)},
        )

    def close(self, approval: Approval) -> None:
        """Note that the run has its answer: nothing is left to be done."""
        self.control.update(
            _pk(approval.approval_id),
            "APPROVAL",
            {"callback": "SENT"},
            remove=("open", "open_since"),
        )

    def note_mail(self, approval: Approval, kind: str, at: str) -> None:
        """Note when the question (`asked_at`) or the reminder (`reminded_at`) went out."""
        self.control.update(_pk(approval.approval_id), "APPROVAL", {kind: at})

    def mail_sent(self, approval_id: str, kind: str) -> bool:
        """True if the question (`asked_at`) or the reminder (`reminded_at`) went out."""
        item = self.control.get(_pk(approval_id), "APPROVAL")
        return bool(item and item.get(kind))

    def expire(self, approval: Approval, now: str) -> Approval:
        """Close an approval that is pending; returns it as it stands afterwards."""
        self.record(approval, gate.expire(approval, now))
        return self.find(approval.approval_id) or approval

    def decide(self, approval_id: str, ballot: Ballot) -> Approval:
        """Count a ballot; returns the approval afterwards.

        Raises:
            LookupError: there is no such approval.
            GateError: the ballot does not count; the error says why.
        """
        while True:
            before = self.find(approval_id)
            if before is None:
                raise LookupError(approval_id)
            after = gate.decide(before, ballot)
            if self.record(before, after):
                return after


def answer_run(stepfunctions: SFNClient, approvals: Approvals, approval: Approval) -> bool:
    """Tell the waiting run what was decided; False if it no longer waits.

    Safe to repeat: Step Functions takes the first answer of a token and refuses all others.
    """
    try:
        stepfunctions.send_task_success(
            taskToken=approval.task_token, output=json.dumps(approval.decision())
        )
        delivered = True
    except ClientError as error:
        if code_of(error) not in _DEAD_TOKEN:
            raise
        delivered = False
        log.warning(
            "the run no longer waits for its approval",
            extra={"approval_id": approval.approval_id, "code": code_of(error)},
        )
    approvals.close(approval)
    return delivered


def _pk(approval_id: str) -> str:
    return f"APPROVAL#{approval_id}"


_TEXTS = (
    "approval_id", "run_id", "dataset", "execution_arn", "report_uri", "report_sha256",
    "created_at", "expires_at", "status", "decided_by", "comment", "decided_at",
    "callback", "secret_sha256", "task_token",
)  # fmt: skip


def _attributes(approval: Approval) -> dict[str, object]:
    return {name: getattr(approval, name) for name in _TEXTS} | {
        "reasons": list(approval.reasons),
        "counts": dict(approval.counts),
        "required": approval.required,
        "approvers": list(approval.approvers),
        "uploaders": list(approval.uploaders),
        "previous": approval.previous,
        "votes": [ballot.as_record() for ballot in approval.votes],
    }


def _approval(item: Mapping[str, Any]) -> Approval:
    return Approval(
        **{name: item.get(name, "") for name in _TEXTS},
        reasons=tuple(item.get("reasons", ())),
        counts=item.get("counts", {}),
        required=item.get("required", 1),
        approvers=tuple(item.get("approvers", ())),
        uploaders=tuple(item.get("uploaders", ())),
        previous=item.get("previous"),
        votes=tuple(map(Ballot.from_record, item.get("votes", ()))),
    )
