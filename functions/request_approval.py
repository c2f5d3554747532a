"""Request Approval: asks people whether a report may be loaded, and keeps the token meanwhile.

Input:
    `{run, judgement, task_token}`.
Output:
    none that anybody reads: the answer comes by callback as
    `{approved, by, comment, decided_at, report_sha256}`.
Errors:
    TransientError.

The token stays in the approval's record; the mail carries the id and a secret of which only the
sha256 is kept. When the state is tried again, the question stays one: the record gets the new
token, and a new link only if nobody got the first. It is asked anew, with a new link and all of
its time, where it had expired because the run was cut off and is redriven.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import Any

from pipeline import layout, timestamps
from pipeline.contracts.contract import Contract
from pipeline.gate import gate
from pipeline.gate.gate import Approval
from pipeline.runs.identity import approval_id
from pipeline.words import notices
from stores import aws, clock, traces
from stores.approvals import Approvals
from stores.control import ControlTable
from stores.loaded_runs import LoadedRuns
from stores.objects import read_document
from stores.outbox import Outbox
from stores.runs import Runs

SECRET_BYTES = 32

aws.at_init(aws.dynamodb, aws.s3, aws.sns)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, str]:
    """Record the question and send it."""
    run = event["run"]
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    approvals = Approvals(control)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    approval = _approval(run, event["judgement"], event["task_token"], secret, control)
    Runs(control).link_approval(run["run_id"], approval.approval_id)
    if not _is_to_be_sent(approvals, approval):
        approvals.replace_token(approval, event["task_token"])
        return {"approval_id": approval.approval_id}
    link = f"{os.environ['APPROVALS_URL'].rstrip('/')}/approvals/{approval.approval_id}#{secret}"
    outbox = Outbox(aws.sns(), os.environ["APPROVAL_TOPIC_ARN"], control)
    outbox.publish(notices.question(approval, link, event["judgement"].get("warnings", ())))
    approvals.note_mail(approval, "asked_at", clock.now())
    return {"approval_id": approval.approval_id}


def _is_to_be_sent(approvals: Approvals, approval: Approval) -> bool:
    """Keep the question; True if it is new, asked anew, or nobody got its mail."""
    if approvals.ask(approval) or approvals.reopen(approval):
        return True
    if approvals.mail_sent(approval.approval_id, "asked_at"):
        return False
    return approvals.renew(
        approval, task_token=approval.task_token, secret_sha256=approval.secret_sha256
    )


def _approval(
    run: Mapping[str, Any],
    judgement: Mapping[str, Any],
    task_token: str,
    secret: str,
    control: ControlTable,
) -> Approval:
    bucket, key = os.environ["WORK_BUCKET"], layout.manifest_key(run["run_id"])
    manifest = read_document(aws.s3(), bucket, key)
    rules = Contract.parse(manifest["contract"]).approval
    created_at = clock.now()
    return Approval(
        approval_id=approval_id(run["run_id"], judgement["report_sha256"]),
        run_id=run["run_id"],
        dataset=run["dataset"],
        execution_arn=run["execution_arn"],
        report_uri=judgement["report_uri"],
        report_sha256=judgement["report_sha256"],
        created_at=created_at,
        expires_at=timestamps.later(created_at, judgement["approval"]["timeout_seconds"]),
        reasons=tuple(judgement["reasons"]),
        counts=judgement["counts"],
        required=rules.required,
        approvers=rules.approvers,
        uploaders=_uploaders(manifest),
        previous=LoadedRuns(control).last(run["dataset"]),
        secret_sha256=gate.digest_of(secret),
        task_token=task_token,
    )


def _uploaders(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return who dropped the files, as far as S3 has said."""
    found = {file.get("requester", "") for file in manifest["files"]}
    return tuple(sorted(found - {""}))
