"""Read runs: the record says how a run ended, the execution whether it has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline import timestamps
from pipeline.words import row_counts
from sluice.runs.run import (
    FAILED,
    FORGOTTEN,
    GOOD,
    RUNNING,
    TERMINAL,
    WAITING,
    Counts,
    Decision,
    FollowUp,
    Run,
    RunFile,
)
from sluice.runs.undo_order import Order
from sluice.stack import control
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError

Execution = Mapping[str, Any]
"""As Step Functions describes or lists one."""
MOST_LISTED = 1_000
"""The most that a page of ListExecutions holds."""


def read_run(cloud: Cloud, run_id: str) -> Run:
    """One run by its id.

    Raises:
        NotFoundError: Step Functions knows no such execution, and no record tells of it.
    """
    execution = _described(cloud, run_id)
    record = control.run_records(cloud, [run_id]).get(run_id, {})
    if execution is None and "started_at" in record:
        execution = _as_recorded(cloud, record, FORGOTTEN)
    if execution is None:
        raise NotFoundError(f"no run {run_id}; `sluice runs` lists them")
    order = json.loads(execution.get("input", "{}"))
    approval = None
    if execution["status"] == RUNNING:
        waiting = {each.run_id: each for each in control.pending_approvals(cloud)}
        approval = waiting.get(run_id)
    run = _run(execution, order, record, approval)
    uncounted = "loaded" not in record.get("counts", {})
    if run.status in {FAILED, RUNNING} and (uncounted or _died(record)):
        return _with_loads(run, control.load_counts(cloud, run_id))
    return run


def recorded_run(
    cloud: Cloud,
    record: control.Record,
    approval: control.PendingApproval | None,
    going: Mapping[str, Execution],
) -> Run:
    """A run by its record; `going` are executions that go on, by run id.

    Only of one that has ended without having recorded it Step Functions is asked.
    One that died counts what loaders have written.
    """
    run = _run(_execution(cloud, record, going), {}, record, approval)
    if run.over and _died(record):
        return _with_loads(run, control.load_counts(cloud, run.run_id))
    return run


def going_executions(cloud: Cloud) -> dict[str, Execution]:
    """The executions that go on, by run id; the newest thousand."""
    listed = cloud.states.list_executions(
        stateMachineArn=cloud.stack.state_machine_arn,
        statusFilter="RUNNING",
        maxResults=MOST_LISTED,
    )
    return {each["name"]: each for each in listed["executions"]}


def execution_arn(cloud: Cloud, run_id: str) -> str:
    """A run's execution: its name is the run id."""
    machine = cloud.stack.state_machine_arn
    return f"{machine.replace(':stateMachine:', ':execution:', 1)}:{run_id}"


def _execution(cloud: Cloud, record: control.Record, going: Mapping[str, Execution]) -> Execution:
    """The execution of a record, as far as a list shows it."""
    run_id, recorded = record["run_id"], record["status"]
    if run_id in going:
        return going[run_id]
    if recorded == RUNNING:
        return _described(cloud, run_id) or _as_recorded(cloud, record, FORGOTTEN)
    return _as_recorded(cloud, record, "SUCCEEDED" if recorded in GOOD else FAILED)


def _described(cloud: Cloud, run_id: str) -> Execution | None:
    """The execution of a run; None if Step Functions does not know it (any more)."""
    try:
        return cloud.states.describe_execution(executionArn=execution_arn(cloud, run_id))
    except cloud.states.exceptions.ExecutionDoesNotExist:
        return None


def _as_recorded(cloud: Cloud, record: control.Record, status: str) -> Execution:
    return {
        "name": record["run_id"],
        "executionArn": execution_arn(cloud, record["run_id"]),
        "status": status,
        "startDate": timestamps.from_text(record["started_at"]),
    }


def _run(
    execution: Execution,
    order: Mapping[str, Any],
    record: control.Record,
    approval: control.PendingApproval | None,
) -> Run:
    """The record says how the run ended, the execution whether it has."""
    record = _since_redrive(execution, record)
    run_id, alive = execution["name"], execution["status"] == RUNNING
    reason = record.get("reason") or {}
    numbers = record.get("counts") or (approval.counts if approval else {})
    return Run(
        run_id=run_id,
        execution_arn=execution["executionArn"],
        dataset=record.get("dataset") or order.get("dataset") or run_id.partition("-")[0],
        trigger=record.get("trigger") or order.get("trigger") or "",
        status=_status(execution["status"], record.get("status", RUNNING), approval),
        execution_status=execution["status"],
        started_at=execution["startDate"],
        ended_at=None if alive else execution.get("stopDate") or _ended_at(record),
        counts=Counts.from_numbers(numbers),
        files=_files(record.get("files") or order.get("files") or ()),
        report_uri=record.get("report_uri") or (approval.report_uri if approval else None) or None,
        reason=reason.get("message", "") if isinstance(reason, Mapping) else str(reason),
        error=record.get("error") or execution.get("error", ""),
        cause=record.get("cause") or execution.get("cause", ""),
        approval_id=approval.approval_id if approval else None,
        decision=Decision.from_record(record),
        taken_over_from=record.get("taken_over_from", ""),
        recorded=record.get("status") in TERMINAL,
        follow_ups=tuple(FollowUp.from_record(each) for each in record.get("follow_ups") or ()),
        undo=Order.parse(record.get("undo")),
    )


def _since_redrive(execution: Execution, record: control.Record) -> control.Record:
    """The record of a run that was redriven just now, without the end it had before."""
    ended_at, redriven_at = _ended_at(record), execution.get("redriveDate")
    alive = execution["status"] == RUNNING
    if not (alive and ended_at and redriven_at and redriven_at > ended_at):
        return record
    past = {"status", "ended_at", "reason", "error", "cause", "approval", "taken_over_from"}
    files = [{**file, "disposition": None} for file in record.get("files") or ()]
    return {name: said for name, said in record.items() if name not in past} | {"files": files}


def _status(execution: str, recorded: str, approval: control.PendingApproval | None) -> str:
    if recorded in TERMINAL:
        return recorded
    if execution == RUNNING:
        return WAITING if approval else RUNNING
    return FAILED


def _ended_at(record: control.Record) -> datetime | None:
    return timestamps.from_text(record["ended_at"]) if record.get("ended_at") else None


def _files(files: Sequence[Mapping[str, Any]]) -> tuple[RunFile, ...]:
    return tuple(
        RunFile(
            key=file["key"],
            version_id=file["version_id"],
            disposition=file.get("disposition"),
            destination_uri=file.get("destination_uri"),
        )
        for file in files
    )


def _died(record: control.Record) -> bool:
    """Whether a run could not end itself: loaders may have written after it was recorded."""
    return record.get("redrives") is not None


def _with_loads(run: Run, loads: Mapping[str, int]) -> Run:
    told = {name: number for name, number in loads.items() if name in row_counts.NAMES}
    return replace(run, counts=replace(run.counts, **told))
