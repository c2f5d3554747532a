"""What both kinds of routes share: the report that is decided on, and the decision itself."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from pipeline import gate, layout
from pipeline.errors import DigestMismatchError
from pipeline.gate import Approval, Ballot
from stores import aws
from stores.approvals import Approvals, answer_run
from stores.control import ControlTable

log = logging.getLogger(__name__)


def report_of(approval: Approval) -> Mapping[str, Any]:
    """Return the report that an approval binds; empty once it was deleted for its age.

    Raises:
        DigestMismatchError: the stored report is another one; nobody may decide on it.
    """
    bucket, key = layout.split_uri(approval.report_uri)
    try:
        content = aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if aws.code_of(error) == "NoSuchKey":
            return {}
        raise
    if hashlib.sha256(content).hexdigest() != approval.report_sha256:
        raise DigestMismatchError(f"{approval.report_uri} is not the report that was judged")
    report: dict[str, Any] = json.loads(content)
    return report


def decide(control: ControlTable, approval_id: str, ballot: Ballot) -> Approval:
    """Count a ballot and, once that decides, tell the run; returns the approval afterwards.

    Raises:
        LookupError: there is no such approval.
        GateError: the ballot does not count.
    """
    approvals = Approvals(control)
    after = approvals.decide(approval_id, ballot)
    log.info("answered", extra={"approval_id": approval_id, "status": after.status})
    if after.status != gate.PENDING:
        try:
            answer_run(aws.stepfunctions(), approvals, after)
        except (ClientError, HTTPClientError) as error:
            # The decision stands in the record, and the sweep tells the run.
            log.warning(
                "the run was not reached",
                extra={"approval_id": approval_id, "why": type(error).__name__},
            )
    return after
