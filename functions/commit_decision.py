"""Commit Decision: writes on the claim of each file whether its rows are loaded, once for all.

Input:
    `{run, decision, reason, report_uri, report_sha256, files: [{file, disposition, reason}]}`;
    `decision` is `LOADED`, `REFUSED`, `REJECTED` or `EXPIRED`.
Output:
    `{status, reason, error, cause, files}`: the files as they came, but `duplicate` where another
    run has the file by now, and `failed` where an earlier run has decided otherwise; `status` is
    the decision as long as a file is left to which it applies.
Errors:
    ClaimReleasedError (the run was stopped, and its redrive has not been heard of yet: try again),
    DigestMismatchError (nobody approved this report), TransientError.

Whatever comes later, the load or the settlement, holds to what stands on the claims.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import FenceLostError
from pipeline.gate.clearance import Order
from pipeline.runs.identity import claim_key
from pipeline.runs.settlement import DUPLICATE, FAILED, LOADED, REFUSED, Reason
from pipeline.runs.verdict import LOAD, REFUSE, Verdict
from stores import aws, clock, traces
from stores.claims import Claims
from stores.control import ControlTable
from stores.fence import Fence
from stores.orders import approval_of, read_order

Entry = Mapping[str, Any]

aws.at_init(aws.dynamodb, aws.s3)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Write the verdict on each accepted file."""
    run, decision = event["run"], event["decision"]
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    order = read_order(event["report_uri"], event["report_sha256"])
    order.check_run(run)
    verdict = Verdict(
        decision=LOAD if decision == LOADED else REFUSE,
        run_id=run["run_id"],
        report_sha256=order.report_sha256,
        contract_version=order.contract.version,
        at=clock.now(),
        reason=None if decision == LOADED else Reason.parse(event["reason"]),
    )
    if decision == LOADED:
        _check_clearance(order, event["files"], verdict, control)
    fence = Fence(control, run["run_id"], run["execution_arn"])
    files = [_decided(entry, verdict, fence) for entry in event["files"]]
    return outcome(decision, event["reason"], files)


def outcome(decision: str, reason: Entry, files: Sequence[Entry]) -> dict[str, Any]:
    """Return how the run stands after its files were decided about."""
    by_disposition = {entry["disposition"]: entry for entry in reversed(files)}
    statuses = {"accepted": decision, "failed": FAILED, "refused": REFUSED, "duplicate": DUPLICATE}
    found = next(disposition for disposition in statuses if disposition in by_disposition)
    why = reason if found == "accepted" else by_disposition[found]["reason"]
    failure = by_disposition["failed"]["reason"] if "failed" in by_disposition else {}
    return {
        "status": statuses[found],
        "reason": why,
        "error": failure.get("code", ""),
        "cause": failure.get("message", ""),
        "files": list(files),
    }


def _check_clearance(
    order: Order, files: Sequence[Entry], verdict: Verdict, control: ControlTable
) -> None:
    """Make sure that people agree to the load, or agreed to that of an earlier run.

    Raises:
        DigestMismatchError: they did not.
    """
    keys = [claim_key(f["bucket"], f["key"], f["version_id"]) for f in _accepted(files)]
    known = [claim.verdict for claim in Claims(control).with_keys(keys).values()]
    approval = approval_of(order, control)
    for before in known:
        now = verdict.following(before) if before else verdict
        order.check_approval(approval, now)


def _decided(entry: Entry, verdict: Verdict, fence: Fence) -> Entry:
    if entry["disposition"] != "accepted":
        return entry
    try:
        agreed = fence.decide(entry["file"], verdict)
    except FenceLostError as error:
        return _as(entry, "duplicate", "already_claimed", str(error))
    if agreed is not None:
        return entry
    if verdict.decision == LOAD:
        return _as(entry, "refused", "decided_before", "an earlier run of this version refused it")
    return _as(
        entry,
        "failed",
        "decided_before",
        "an earlier run decided to load this version and may have begun: it is loaded later",
    )


def _as(entry: Entry, disposition: str, code: str, message: str) -> Entry:
    return {
        **entry,
        "disposition": disposition,
        "reason": Reason(code=code, message=message).as_document(),
    }


def _accepted(files: Sequence[Entry]) -> list[Mapping[str, Any]]:
    return [entry["file"] for entry in files if entry["disposition"] == "accepted"]
