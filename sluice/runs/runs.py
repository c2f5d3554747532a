"""Runs as an operator sees them: an execution, its record and its approval as one value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from pipeline.runs import cause
from pipeline.words import row_counts
from sluice.runs.undo_order import Order
from sluice.stack import control
from sluice.stack.cloud import Cloud
from sluice.stack.project import meant
from sluice.terminal.clocktext import instant_text, parse_instant
from sluice.terminal.exits import Exit, NotFoundError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

RUNNING = "RUNNING"
WAITING = "WAITING"
FAILED = "FAILED"
GOOD = frozenset({"LOADED", "DUPLICATE"})
TERMINAL = GOOD | {"REJECTED", "REFUSED", "EXPIRED", FAILED}
STATUSES = (RUNNING, WAITING, *sorted(TERMINAL))

# One page of ListExecutions; 1,000 is the most that Step Functions gives.
_PAGE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Rows of a run; None where the run did not get far enough to know."""

    rows_in: int | None
    valid: int | None
    rejected: int | None
    loaded: int
    replayed: int
    superseded: int
    duplicates: int
    warnings: int

    @property
    def words(self) -> str:
        """The counts in words, without those that are nought; what is new comes first."""
        told = row_counts.in_words(asdict(self))
        return (
            told
            if self.loaded or not self.unchanged
            else f"{row_counts.news(asdict(self))} ({told})"
        )

    @property
    def unchanged(self) -> int:
        """Valid rows that the table had no need of."""
        return self.replayed + self.superseded

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, int]) -> Self:
        """What nobody counted was not loaded; rows that nobody read are unknown."""
        return cls(
            rows_in=numbers.get("rows_in"),
            valid=numbers.get("valid"),
            rejected=numbers.get("rejected"),
            loaded=numbers.get("loaded", 0),
            replayed=numbers.get("replayed", 0),
            superseded=numbers.get("superseded", 0),
            duplicates=numbers.get("duplicates", 0),
            warnings=numbers.get("warnings", 0),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFile:
    """A file version that a run works on; the disposition is None until the run has settled it."""

    key: str
    version_id: str
    disposition: str | None
    destination_uri: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What the gate was answered, by whom and when."""

    status: str
    by: str
    comment: str
    decided_at: str

    @classmethod
    def from_record(cls, record: control.Record) -> Self | None:
        """From a run's record; None where nobody was asked or nobody answered."""
        said = record.get("approval") or {}
        if not said.get("by"):
            return None
        return cls(**{name: str(said.get(name, "")) for name in cls.__slots__})


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUp:
    """What a person did about a run afterwards: who, when, what and, if they said so, why."""

    by: str
    at: str
    action: str
    comment: str

    @classmethod
    def from_record(cls, document: Mapping[str, Any]) -> Self:
        """From an entry of a run's record."""
        return cls(**{name: str(document.get(name, "")) for name in cls.__slots__})


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run. `status` is RUNNING, WAITING (for a person) or one of the terminal statuses."""

    run_id: str
    execution_arn: str
    dataset: str
    trigger: str
    status: str
    execution_status: str
    started_at: datetime
    ended_at: datetime | None
    counts: Counts
    files: tuple[RunFile, ...]
    report_uri: str | None
    reason: str
    error: str
    cause: str
    approval_id: str | None
    """Of the question that waits for a person."""
    decision: Decision | None
    """What people answered, once the run has heard of it and ended."""
    recorded: bool
    """Whether the control table says how the run ended."""
    follow_ups: tuple[FollowUp, ...] = ()
    """The oldest first."""
    undo: Order | None = None
    """Who has undone it, as far as that has come."""

    @property
    def over(self) -> bool:
        """Whether nothing will happen any more."""
        return self.ended_at is not None

    @property
    def why(self) -> str:
        """Why the run did not load, in one sentence; empty where it did or goes on."""
        if not self.over:
            return ""
        return cause.of_run(
            status=self.status, error=self.error, cause=self.cause, reason=self.reason
        )

    @property
    def exit_code(self) -> Exit:
        """What a command that shows this result ends with."""
        if self.status in GOOD:
            return Exit.SUCCEEDED
        return Exit.WAITS if self.status == WAITING else Exit.RUN_FAILED

    def seconds(self, now: datetime) -> float:
        """How long the execution took, or has taken by now; never less than nothing.

        Clocks differ: that of the record may be ahead of the reader's.
        """
        return max(0.0, ((self.ended_at or now) - self.started_at).total_seconds())


def latest_runs(cloud: Cloud, *, dataset: str | None = None) -> Iterator[Run]:
    """All runs that Step Functions still knows (90 days), newest first, page by page."""
    waiting = {each.run_id: each for each in control.pending_approvals(cloud)}
    pages = cloud.states.get_paginator("list_executions").paginate(
        stateMachineArn=cloud.stack.state_machine_arn, PaginationConfig={"PageSize": _PAGE}
    )
    for page in pages:
        executions = [
            each
            for each in page["executions"]
            if dataset is None or each["name"].startswith(f"{dataset}-")
        ]
        records = control.run_records(cloud, [each["name"] for each in executions])
        for execution in executions:
            run_id = execution["name"]
            record = records.get(run_id, {})
            run = _listed_run(execution, record, waiting.get(run_id))
            if run.over and _died(record):
                run = _with_loads(run, control.load_counts(cloud, run_id))
            if dataset is None or run.dataset == dataset:
                yield run


def read_run(cloud: Cloud, run_id: str) -> Run:
    """One run by its id.

    Raises:
        NotFoundError: Step Functions knows no such execution.
    """
    arn = execution_arn(cloud, run_id)
    try:
        execution = cloud.states.describe_execution(executionArn=arn)
    except cloud.states.exceptions.ExecutionDoesNotExist:
        raise NotFoundError(f"no run {run_id}; `sluice runs` lists them") from None
    order = json.loads(execution.get("input", "{}"))
    record = control.run_records(cloud, [run_id]).get(run_id, {})
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
    cloud: Cloud, record: control.Record, approval: control.PendingApproval | None
) -> Run:
    """A run as the control table alone knows it; one that died counts what loaders have written."""
    recorded = record["status"]
    ended = "SUCCEEDED" if recorded in GOOD else FAILED
    execution = {
        "name": record["run_id"],
        "executionArn": execution_arn(cloud, record["run_id"]),
        "status": RUNNING if recorded == RUNNING else ended,
        "startDate": parse_instant(record["started_at"]),
    }
    run = _run(execution, {}, record, approval)
    if run.over and _died(record):
        return _with_loads(run, control.load_counts(cloud, run.run_id))
    return run


def execution_arn(cloud: Cloud, run_id: str) -> str:
    """A run's execution: its name is the run id."""
    machine = cloud.stack.state_machine_arn
    return f"{machine.replace(':stateMachine:', ':execution:', 1)}:{run_id}"


def find_run_id(cloud: Cloud, text: str) -> str:
    """The run that a person means: an id, an execution's ARN, `latest`, or how an id begins.

    Raises:
        NotFoundError: no run or several begin like that.
    """
    run_id = text.rpartition(":")[2]
    if run_id != "latest" and _exists(cloud, run_id):
        return run_id
    pages = cloud.states.get_paginator("list_executions").paginate(
        stateMachineArn=cloud.stack.state_machine_arn, PaginationConfig={"PageSize": _PAGE}
    )
    listed = (each["name"] for page in pages for each in page["executions"])
    if run_id == "latest":
        newest = next(iter(listed), None)
        if newest is None:
            raise NotFoundError("there is no run yet; `sluice run FILE` starts one")
        return newest
    names = list(listed)
    matches = [name for name in names if name.startswith(run_id)] if run_id else []
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise NotFoundError(f"{len(matches)} runs begin with {run_id}: {', '.join(matches[:5])}")
    raise NotFoundError(f"no run {run_id}{meant(run_id, names)}; `sluice runs` lists them")


def result_document(run: Run, seconds: float) -> dict[str, Any]:
    """What `run`, `show` and `watch` tell a script about the outcome."""
    return {
        "run_id": run.run_id,
        "execution_arn": run.execution_arn,
        "dataset": run.dataset,
        "status": run.status,
        "counts": asdict(run.counts),
        "files": [
            {"key": file.key, "version_id": file.version_id, "disposition": file.disposition}
            for file in run.files
        ],
        "report_uri": run.report_uri,
        "seconds": round(seconds, 3),
    }


def summary_document(run: Run, now: datetime) -> dict[str, Any]:
    """A run as `runs --json` lists it: the result and when it happened."""
    return {
        **result_document(run, run.seconds(now)),
        "trigger": run.trigger,
        "started_at": instant_text(run.started_at),
        "ended_at": instant_text(run.ended_at) if run.ended_at else None,
        "reason": run.reason or None,
        "error": run.error or None,
        "cause": run.cause or None,
        "approval_id": run.approval_id,
        "decision": asdict(run.decision) if run.decision else None,
        "undo": asdict(run.undo) if run.undo else None,
    }


def _exists(cloud: Cloud, run_id: str) -> bool:
    states = cloud.states
    if not run_id:
        return False
    try:
        states.describe_execution(executionArn=execution_arn(cloud, run_id))
    except (states.exceptions.ExecutionDoesNotExist, states.exceptions.InvalidArn):
        return False
    return True


def _listed_run(
    execution: ExecutionListItemTypeDef,
    record: control.Record,
    approval: control.PendingApproval | None,
) -> Run:
    return _run(execution, {}, record, approval)


def _run(
    execution: Mapping[str, Any],
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
        counts=Counts.from_numbers(control.integers(numbers)),
        files=_files(record.get("files") or order.get("files") or ()),
        report_uri=record.get("report_uri") or (approval.report_uri if approval else None) or None,
        reason=reason.get("message", "") if isinstance(reason, Mapping) else str(reason),
        error=record.get("error") or execution.get("error", ""),
        cause=record.get("cause") or execution.get("cause", ""),
        approval_id=approval.approval_id if approval else None,
        decision=Decision.from_record(record),
        recorded=record.get("status") in TERMINAL,
        follow_ups=tuple(FollowUp.from_record(each) for each in record.get("follow_ups") or ()),
        undo=Order.parse(record.get("undo")),
    )


def _since_redrive(execution: Mapping[str, Any], record: control.Record) -> control.Record:
    """The record of a run that was redriven just now, without the end it had before."""
    ended_at, redriven_at = _ended_at(record), execution.get("redriveDate")
    alive = execution["status"] == RUNNING
    if not (alive and ended_at and redriven_at and redriven_at > ended_at):
        return record
    past = {"status", "ended_at", "reason", "error", "cause", "approval"}
    files = [{**file, "disposition": None} for file in record.get("files") or ()]
    return {name: said for name, said in record.items() if name not in past} | {"files": files}


def _status(execution: str, recorded: str, approval: control.PendingApproval | None) -> str:
    if recorded in TERMINAL:
        return recorded
    if execution == RUNNING:
        return WAITING if approval else RUNNING
    return FAILED


def _ended_at(record: control.Record) -> datetime | None:
    return parse_instant(record["ended_at"]) if record.get("ended_at") else None


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
