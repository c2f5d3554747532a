"""What both kinds of routes share: the report that is decided on, and the decision itself."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from pipeline import layout
from pipeline.errors import DigestMismatchError
from pipeline.gate import gate
from pipeline.gate.gate import Approval, Ballot
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


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a ballot that counted."""

    approval: Approval
    note: str
    """One sentence for the person."""


def decide(control: ControlTable, approval_id: str, ballot: Ballot) -> Answered:
    """Count a ballot and, once that decides, tell the run.

    The stored report is held against the digest first: nobody decides on what nobody can see.

    Raises:
        LookupError: there is no such approval.
        GateError: the ballot does not count.
        DigestMismatchError: the stored report is another one than the approval asks about.
    """
    approvals = Approvals(control)
    asked = approvals.find(approval_id)
    if asked is None:
        raise LookupError(approval_id)
    if not report_of(asked) and ballot.answer == "approve":
        raise gate.BadBallotError("The report was deleted for its age, so nothing can be loaded.")
    after = approvals.decide(approval_id, ballot)
    log.info("answered", extra={"approval_id": approval_id, "status": after.status})
    if after.status == gate.PENDING:
        return Answered(after, "Your answer is recorded; another person has to answer as well.")
    try:
        heard = answer_run(aws.stepfunctions(), approvals, after)
    except (ClientError, HTTPClientError) as error:
        facts = {"approval_id": approval_id, "error": type(error).__name__}
        log.warning("the run was not reached", extra=facts)
        return Answered(after, "Your answer is recorded; the run hears of it within minutes.")
    if heard:
        return Answered(after, "Your answer is recorded, and the run goes on.")
    return Answered(after, "Your answer is recorded, but the run no longer waits for it.")
