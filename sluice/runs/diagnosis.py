"""Why a run did not load: the step that failed, its cause in plain words, what to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.runs import cause
from sluice.runs.history import ABORTED, CAUGHT, FAILED, StateVisit
from sluice.runs.run import GOOD, Run
from sluice.runs.undo_order import BEGUN

_BUSY = frozenset(
    {
        "Lambda.TooManyRequestsException",
        "Glue.ConcurrentRunsExceededException",
        "Glue.ResourceNumberLimitExceededException",
        "DynamoDB.ProvisionedThroughputExceededException",
        "DynamoDB.ThrottlingException",
        "TransientError",
    }
)
_ADVICE: Mapping[str, str] = {
    "FileRefusedError": "mend the file and drop it again",
    "States.Timeout": (
        "the step took longer than it may; look at its log, "
        "then raise its TimeoutSeconds or drop smaller files"
    ),
    "Sandbox.Timedout": "the function ran into its timeout; raise it, or drop smaller files",
    "Runtime.OutOfMemory": "the function ran out of memory; raise its MemorySize",
    "Lambda.Unknown": "the function died without a word: often out of memory; look at its log",
    "Runtime.ExitError": "the function's process died: often out of memory; look at its log",
    "States.DataLimitExceeded": "a state handed on more than 256 KiB; report this as a bug",
    "States.Runtime": "the state machine itself is at fault; report this as a bug",
    "States.Permissions": "the state machine's role lacks a permission; deploy the template again",
    "DynamoDBError": "the table refused rows for good: mend the role, the table or the contract",
    "ReconciliationError": (
        "rows are missing or counted twice: do not trust this load before somebody has looked"
    ),
    "LoadUnfinishedError": "the loader ran out of attempts; raise its timeout, then replay",
    "States.ExceedToleratedFailureThreshold": "a part could not be loaded; see its own error",
}
_BY_STATUS: Mapping[str, str] = {
    "LOADED": "nothing: the table holds what the files say",
    "DUPLICATE": "nothing: another run has taken every file",
    "RUNNING": "wait, or follow it: {sluice} watch {run.run_id}",
    "WAITING": "decide: {sluice} approvals show {run.approval_id}",
    "REFUSED": (
        "mend the rejected rows ({sluice} rejects {run.run_id}) in the original "
        "({sluice} fetch {run.run_id}) and drop it again"
    ),
    "REJECTED": (
        "mend the original ({sluice} fetch {run.run_id}) as the comment says and drop it again"
    ),
    "EXPIRED": (
        "nobody decided in time and nothing was loaded: drop the file again, "
        "or give the contract a longer approval.timeout_seconds"
    ),
}
_KEPT = "files that were kept in the landing zone are tried again by the schedule, three times"


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """What to tell a person about a run; `state` is None where no state is to blame."""

    status: str
    state: str | None
    error: str
    cause: str
    details: tuple[str, ...]
    """Everything that the cause says, stack traces included."""
    advice: tuple[str, ...]


def diagnose(run: Run, visit: StateVisit | None, *, sluice: str = "sluice") -> Diagnosis:
    """Say what the state that decided the run's fate tells, and what a person can do now.

    Commands in the advice begin with `sluice`.
    """
    error = (visit and visit.error) or run.error
    raw = (visit and visit.cause) or run.reason or run.cause
    if run.status in GOOD:
        raw = ""
    return Diagnosis(
        status=run.status,
        state=_place(visit) if visit else None,
        error=error if run.status not in GOOD else "",
        cause=cause.plain(raw),
        details=tuple(cause.lines(raw)),
        advice=tuple(_advice(run, error, sluice)),
    )


def blamed_visit(run: Run, visits: Sequence[StateVisit]) -> StateVisit | None:
    """The innermost failed visit whose error is the run's; else the first one that failed.

    The run tells the error of a failed part, its Map's own visit that parts failed.

    In a run that was stopped or ran out of time: the innermost one that was cut off.
    """
    failed = [
        visit
        for visit in visits
        if visit.error and visit.kind != "Fail" and visit.status in {CAUGHT, FAILED}
    ]
    same = [visit for visit in failed if visit.error == run.error] or [
        visit for visit in failed if visit.error == cause.TOLERATED_FAILURES
    ]
    cut_off = [visit for visit in visits if visit.status == ABORTED]
    return max(same or failed[:1] or cut_off, key=lambda visit: visit.depth, default=None)


def _place(visit: StateVisit) -> str:
    return visit.name if visit.item is None else f"{visit.name} (item {visit.item})"


def _advice(run: Run, error: str, sluice: str) -> list[str]:
    if run.undo is not None and run.undo.state != BEGUN:
        return ["nothing: it was undone; if there is a right file, drop it"]
    if run.status == "LOADED" and (left_out := _left_out(run, sluice)):
        return left_out
    if run.status == "REFUSED" and error == "FileRefusedError":
        return [f"{_ADVICE[error]}; the original: {sluice} fetch {run.run_id}"]
    if run.status == FAILED:
        return _advice_on_error(run, error, sluice)
    return [_BY_STATUS[run.status].format(run=run, sluice=sluice)]


def _left_out(run: Run, sluice: str) -> list[str]:
    """What files said and the table does not hold."""
    advice = []
    if run.counts.rejected:
        rows = f"{run.counts.rejected} rejected rows are not in the table"
        advice.append(f"{rows}: {sluice} rejects {run.run_id}")
        advice.append(f"mend them and drop them again: {sluice} mend {run.run_id}")
    if any(file.disposition == "quarantined" for file in run.files):
        advice.append("refused files are in quarantine: mend them and drop them again")
    return advice


def _advice_on_error(run: Run, error: str, sluice: str) -> list[str]:
    advice = []
    if cause.is_full_disk(run.cause):
        advice.append(cause.FULL_DISK)
    elif error in _ADVICE:
        advice.append(_ADVICE[error])
    elif error in _BUSY:
        advice.append("a service was busy for longer than the retries last; try again later")
    elif run.execution_status == "ABORTED":
        advice.append(f"somebody stopped it; let it go on: {sluice} redrive {run.run_id}")
    if any(file.disposition == "kept" for file in run.files):
        anew = f"{sluice} replay {run.run_id}"
        by_hand = error == cause.STOPPED_BY_HAND
        advice.append(f"run its files anew: {anew}" if by_hand else f"{_KEPT}; at once: {anew}")
    if run.execution_status != "SUCCEEDED" and not run.forgotten and error not in _ADVICE:
        advice.append(f"its log lines: {sluice} logs {run.run_id}")
    return advice
