"""Finish Run: the one terminal record of a run.

Input, one of:
    `{run, status, reason, counts, files, report_uri, error, cause, approval, taken_over_from,
    size_bytes, marks}` (the state); `marks` say when the stages of the run began;
    an EventBridge event "Step Functions Execution Status Change" (an execution that died, or that
    is redriven and takes back what its death took from it).
Output:
    `{"run_id", "status"}`; for events the status is the execution's where no end is recorded.
Errors:
    EventError, TransientError; for events also whatever keeps the record from being written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pipeline.contracts.contract_shelf import contract_of
from pipeline.errors import EventError
from pipeline.layout import split_uri
from pipeline.runs.metrics import EndOfRun
from pipeline.runs.records import RunRecord, SettledFile
from pipeline.runs.settlement import LOADED, TERMINAL, Reason
from stores import aws, clock, traces
from stores.claims import Claims
from stores.control import ControlTable
from stores.eyes import Eyes
from stores.loaded_runs import LoadedRuns
from stores.objects import read_document
from stores.outbox import Outbox
from stores.runs import Runs
from stores.shelves import Shelves
from stores.undertaker import Undertaker

aws.at_init(aws.dynamodb)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, str]:
    """Write how a run ended."""
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    if event.get("detail-type") == "Step Functions Execution Status Change":
        return _bury_or_revive(event["detail"], control)
    return _end(event, control)


def _end(event: Mapping[str, Any], control: ControlTable) -> dict[str, str]:
    run, status = event["run"], event["status"]
    if status not in TERMINAL:
        raise EventError(f"{status} is not how a run ends")
    record = Runs(control).get(run["run_id"])
    if record is None or record.status != status:
        record = _record(event)
        Runs(control).end(record, only_if_running=False)
        Eyes(os.environ["METRICS_NAMESPACE"]).run_ended(
            EndOfRun(
                run_id=record.run_id,
                dataset=record.dataset,
                status=status,
                counts=record.counts,
                size_bytes=event["size_bytes"],
                marks=event["marks"],
            )
        )
    if status == LOADED:
        LoadedRuns(control).note(record, _values(record))
    return {"run_id": run["run_id"], "status": status}


def _values(run: RunRecord) -> Mapping[str, int]:
    """Return the rows that have a value of each field, if the contract wants them compared."""
    contract = contract_of(run.dataset)
    if contract is None or not contract.quality.compares_missing:
        return {}
    report = read_document(aws.s3(), *split_uri(run.report_uri))
    values: Mapping[str, int] = report.get("values", {})
    return values


def _record(event: Mapping[str, Any]) -> RunRecord:
    run = event["run"]
    return RunRecord(
        run_id=run["run_id"],
        dataset=run["dataset"],
        trigger=run["trigger"],
        execution_arn=run["execution_arn"],
        status=event["status"],
        ended_at=clock.now(),
        counts=event["counts"],
        files=tuple(SettledFile.parse(file) for file in event["files"]),
        report_uri=event["report_uri"],
        error=event["error"],
        cause=event["cause"],
        reason=Reason.parse(event["reason"]),
        approval=event["approval"],
        taken_over_from=event.get("taken_over_from", ""),  # a run older than this attribute
    )


def _bury_or_revive(change: Mapping[str, Any], control: ControlTable) -> dict[str, str]:
    outbox = Outbox(aws.sns(), os.environ["OUTCOME_TOPIC_ARN"], control)
    shelves = Shelves(aws.s3(), Claims(control), os.environ["WORK_BUCKET"])
    eyes = Eyes(os.environ["METRICS_NAMESPACE"])
    undertaker = Undertaker(aws.stepfunctions(), control, shelves, outbox, eyes)
    execution = undertaker.look(change["executionArn"])
    record = None
    # Events come late and Step Functions' answers lag behind: nobody is buried or revived
    # unless both agree. The sweep mends what they did not agree on.
    if change["status"] == "RUNNING" == execution.status:
        undertaker.revive(execution)
    elif change["status"] != "RUNNING" and execution.is_dead:
        record = undertaker.bury(execution)
    return {"run_id": execution.run_id, "status": record.status if record else execution.status}
