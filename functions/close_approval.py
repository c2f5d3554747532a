"""Close Approval: the time to answer is over; what was decided stands, what was not expires.

Input:
    `{run}`.
Output:
    `{status: "APPROVED" | "REJECTED" | "EXPIRED", by, comment, decided_at, report_sha256}`.
Errors:
    TransientError.

It fails closed: without a record of an approval the answer is EXPIRED.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pipeline import gate
from stores import aws, clock
from stores.approvals import Approvals
from stores.control import ControlTable


@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, str]:
    """Return how the run's approval ended."""
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    approvals = Approvals(control)
    run = control.run(event["run"]["run_id"])
    approval = approvals.find(run.approval_id) if run and run.approval_id else None
    if approval is None:
        return _answer(gate.EXPIRED, decided_at=clock.now())
    approval = approvals.expire(approval, clock.now())
    approvals.close(approval)
    return _answer(
        approval.status,
        by=approval.decided_by,
        comment=approval.comment,
        decided_at=approval.decided_at,
        report_sha256=approval.report_sha256,
    )


def _answer(
    status: str, *, decided_at: str, by: str = "", comment: str = "", report_sha256: str = ""
) -> dict[str, str]:
    return {
        "status": status,
        "by": by,
        "comment": comment,
        "decided_at": decided_at,
        "report_sha256": report_sha256,
    }
