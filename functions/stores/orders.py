"""A judged report with its manifest and its approval, as S3 and the control table hold them."""

from __future__ import annotations

import functools
import json

from pipeline import layout
from pipeline.gate.clearance import Order
from pipeline.gate.gate import Approval
from pipeline.runs.identity import approval_id
from stores import aws
from stores.approvals import Approvals
from stores.control import ControlTable
from stores.mended import mended_reports
from stores.objects import read_bytes


@functools.lru_cache(maxsize=4)
def read_order(report_uri: str, report_sha256: str) -> Order:
    """Return the report with this digest, and what it was made by.

    Raises:
        DigestMismatchError: the bytes are others, or do not belong together.
    """
    bucket, key = layout.split_uri(report_uri)
    report = read_bytes(aws.s3(), bucket, key)
    document = json.loads(report)
    run_id = document["run_id"]
    return Order.parse(
        report=report,
        report_sha256=report_sha256,
        manifest=read_bytes(aws.s3(), bucket, layout.manifest_key(run_id)),
        mended=mended_reports(aws.s3(), bucket, document),
    )


def approval_of(order: Order, control: ControlTable) -> Approval | None:
    """Return what people said about a report, where the contract wants to know."""
    if not order.needs_approval:
        return None
    return Approvals(control).find(approval_id(order.report["run_id"], order.report_sha256))
