"""Judge Quality: holds the report against the contract.

Input:
    `{run, manifest_uri, report_uri, report_sha256}`; the digest as the converter returned it, or
    empty where it cannot return one: then the report is the one that is read here.
Output:
    `{verdict, reasons, taken_over_from, counts, warnings, report_uri, report_sha256, parts_key,
    parts, approval}`; `verdict` is `accept`, `ask` or `refuse`; `warnings` are sentences; `parts`
    is their number; `approval` is `{timeout_seconds}`.
    Nobody is asked again about files that an earlier run decided to load under this contract:
    `taken_over_from` names it, and is empty otherwise.
Errors:
    DigestMismatchError (the report or parts.json is not what was written), ReconciliationError (the
    report's counts contradict each other), EventError, TransientError.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from pipeline import layout
from pipeline.contracts.contract import Contract
from pipeline.errors import DigestMismatchError
from pipeline.gate.quality import Judgement, judge
from pipeline.runs.identity import claim_key
from pipeline.runs.report import check_report
from pipeline.text.oddities import warnings_of
from stores import aws, traces
from stores.claims import Claims
from stores.control import ControlTable
from stores.mended import mended_reports
from stores.objects import read_bytes, read_document

aws.at_init(aws.dynamodb, aws.s3)

MAX_WARNINGS = 20
"""Those that a mail tells; the report has them all."""


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Return the verdict and what the approval binds to: the sha256 of the report's bytes."""
    manifest = read_document(aws.s3(), *layout.split_uri(event["manifest_uri"]))
    bucket, report_key = layout.split_uri(event["report_uri"])
    report_bytes = read_bytes(aws.s3(), bucket, report_key)
    digest = hashlib.sha256(report_bytes).hexdigest()
    if event["report_sha256"] not in ("", digest):
        raise DigestMismatchError(f"{report_key} is not what the conversion wrote")
    report = json.loads(report_bytes)
    check_report(report, manifest)
    _check_parts(bucket, report)
    contract = Contract.parse(manifest["contract"])
    mended = mended_reports(aws.s3(), bucket, report)
    judgement = judge(report, contract, mended, manifest.get("past", ()))
    earlier = _decided_before(manifest) if judgement.verdict == "ask" else ""
    if earlier:
        judgement = Judgement(verdict="accept", reasons=(f"{earlier} decided to load them",))
    return {
        "verdict": judgement.verdict,
        "reasons": list(judgement.reasons),
        "taken_over_from": earlier,
        "counts": report["counts"],
        "warnings": warnings_of(report)[:MAX_WARNINGS],
        "report_uri": event["report_uri"],
        "report_sha256": digest,
        "parts_key": report["parts_key"],
        "parts": len(report["parts"]),
        "approval": {"timeout_seconds": contract.approval.timeout_seconds},
    }


def _decided_before(manifest: Mapping[str, Any]) -> str:
    """Return the runs that decided to load the files, all of them; else an empty text."""
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    files = manifest["files"]
    keys = [claim_key(file["bucket"], file["key"], file["version_id"]) for file in files]
    verdicts = [claim.verdict for claim in Claims(control).with_keys(keys).values()]
    words = [
        verdict.taken_over_from or verdict.run_id
        for verdict in verdicts
        if verdict and verdict.is_word_for(manifest["run_id"], manifest["contract_version"])
    ]
    return ", ".join(sorted(set(words))) if len(words) == len(files) else ""


def _check_parts(bucket: str, report: Mapping[str, Any]) -> None:
    """Refuse an array of parts other than the report's: the load would read it."""
    parts = read_bytes(aws.s3(), bucket, report["parts_key"])
    if hashlib.sha256(parts).hexdigest() != report["parts_sha256"]:
        raise DigestMismatchError(f"{report['parts_key']} is not what the report names")
    if json.loads(parts) != report["parts"]:
        raise DigestMismatchError(f"{report['parts_key']} lists other parts than the report")
