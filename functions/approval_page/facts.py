"""What people may know about an approval, as one document: both kinds of routes show this."""

from __future__ import annotations

from typing import Any

from approval_page.answers import report_of
from pipeline.gate import gate
from pipeline.gate.gate import Approval
from pipeline.text.oddities import warnings_of
from stores import clock


def facts(approval: Approval) -> dict[str, Any]:
    """Return a summary and what the report says about rejected rows and odd ones.

    Raises:
        DigestMismatchError: the stored report is another one; nobody may decide on it.
    """
    report = report_of(approval)
    broken = {name: list(report.get(name, ())) for name in ("rules", "sample")}
    return summary(approval) | broken | {"warnings": warnings_of(report)}


def summary(approval: Approval) -> dict[str, Any]:
    """Return an approval without its token and its secret's digest."""
    now = clock.now()
    return {
        "approval_id": approval.approval_id,
        "run_id": approval.run_id,
        "dataset": approval.dataset,
        "status": approval.status,
        "is_open": approval.status == gate.PENDING and not approval.expired(now),
        "standing": gate.standing(approval),
        "time_left": gate.time_left(approval, now),
        "created_at": approval.created_at,
        "expires_at": approval.expires_at,
        "reasons": list(approval.reasons),
        "counts": dict(approval.counts),
        "previous": approval.previous,
        "report_uri": approval.report_uri,
        "report_sha256": approval.report_sha256,
        "required": approval.required,
        "approvers": list(approval.approvers),
        "uploaders": list(approval.uploaders),
        "votes": [vote.as_record() for vote in approval.votes],
        "decided_by": approval.decided_by,
        "comment": approval.comment,
        "decided_at": approval.decided_at,
    }
