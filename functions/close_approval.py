"""Close Approval: reads from the record how a run's approval stands, and closes it once it is over.

Input:
    `{run, timed_out}`; `timed_out` is true if the time to answer is over for the waiting state.
Output:
    `{status: "APPROVED" | "REJECTED" | "EXPIRED", by, comment, decided_at, report_sha256}`, or
    with `status: "PENDING"` and `seconds_left` (at least 1) as long as an answer is possible.
Errors:
    TransientError.

What a callback says is nobody's word: only the record is believed, for a yes as for a no.
It fails closed: without a record of an approval the answer is EXPIRED.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pipeline import timestamps
from pipeline.gate import gate
from pipeline.gate.gate import Approval
from stores import aws, clock, traces
from stores.approvals import Approvals
from stores.control import ControlTable
from stores.runs import Runs

aws.at_init(aws.dynamodb)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, object]:
    """Return how the run's approval stands."""
    control, now = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"]), clock.now()
    approvals = Approvals(control)
    run = Runs(control).get(event["run"]["run_id"])
    approval = approvals.find(run.approval_id) if run and run.approval_id else None
    if approval is None:
        return _answer(gate.EXPIRED, decided_at=now)
    if event["timed_out"] or approval.expired(now):
        approval = approvals.expire(approval, now)
    if approval.status == gate.PENDING:
        left = timestamps.from_text(approval.expires_at) - timestamps.from_text(now)
        return _stands(approval) | {"seconds_left": max(1, int(left.total_seconds()))}
    approvals.close(approval)
    return _stands(approval)


def _stands(approval: Approval) -> dict[str, object]:
    return _answer(
        approval.status,
        by=approval.decided_by,
        comment=approval.comment,
        decided_at=approval.decided_at,
        report_sha256=approval.report_sha256,
    )


def _answer(
    status: str, *, decided_at: str, by: str = "", comment: str = "", report_sha256: str = ""
) -> dict[str, object]:
    return {
        "status": status,
        "by": by,
        "comment": comment,
        "decided_at": decided_at,
        "report_sha256": report_sha256,
    }
