"""The end of runs that could not end themselves.

An execution that dies of States.Runtime, of its own timeout, or is stopped, runs no further state:
its files are released, its approval is closed, its record is written and somebody is told.
If it is redriven, it takes back its record and those of its files that no other run has taken.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
Source: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline import timestamps
from pipeline.runs.metrics import EndOfRun
from pipeline.runs.records import Claim, LoadCounts, RunRecord, SettledFile
from pipeline.runs.settlement import FAILED, Reason, Stop
from stores import clock
from stores.approvals import Approvals
from stores.aws import code_of
from stores.claims import Claims
from stores.control import ControlTable
from stores.eyes import Eyes
from stores.loads import Loads
from stores.outbox import Outbox
from stores.runs import Runs
from stores.shelves import RunEnd, Shelves

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

log = logging.getLogger(__name__)

DEAD = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})

STOPPED = "STOPPED"
"""Under which runs are counted that somebody ended: nothing has failed."""

_ERRORS = {
    "TIMED_OUT": ("States.Timeout", "the run took longer than the workflow allows"),
    "ABORTED": ("States.Aborted", "the run was stopped"),
    "FAILED": ("States.Runtime", "the workflow itself failed"),
    "GONE": ("ExecutionDoesNotExist", "the run's execution is not known any more"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """What Step Functions says about an execution."""

    arn: str
    status: str
    run_input: Mapping[str, Any]
    error: str
    cause: str
    redrives: int = 0
    """How often it has been redriven."""
    started_at: str = ""
    """Empty if nobody knows it any more."""

    @property
    def run_id(self) -> str:
        """The run is named like its execution."""
        return self.arn.rpartition(":")[2]

    @property
    def is_dead(self) -> bool:
        """True if it ended without success, or nobody knows it any more."""
        return self.status in DEAD or self.status == "GONE"


@dataclass(frozen=True, slots=True)
class Undertaker:
    """Writes the terminal records that dead executions owe."""

    stepfunctions: SFNClient
    control: ControlTable
    shelves: Shelves
    outbox: Outbox
    eyes: Eyes

    def look(self, arn: str) -> Execution:
        """Return how an execution stands; status `GONE` if Step Functions does not know it."""
        try:
            found = self.stepfunctions.describe_execution(executionArn=arn)
        except ClientError as error:
            if code_of(error) != "ExecutionDoesNotExist":
                raise
            return Execution(arn=arn, status="GONE", run_input={}, error="", cause="")
        return Execution(
            arn=arn,
            status=found["status"],
            run_input=json.loads(found.get("input", "{}")),
            error=found.get("error", ""),
            cause=found.get("cause", ""),
            redrives=found.get("redriveCount", 0),
            started_at=timestamps.to_text(found["startDate"]),
        )

    def bury(self, execution: Execution) -> RunRecord | None:
        """Give a dead execution its terminal record, unless it wrote one itself; tell about it.

        Returns the record, or `None` for an execution that is no run of ours.
        """
        record = Runs(self.control).get(execution.run_id)
        if record is not None:
            # First of all: whoever reads that the run has ended may redrive it, which asks anew.
            self._close_approval(record)
        if record is None or not record.ended:
            record = self._write_end(execution, record)
        if record is not None:
            self.outbox.tell_outcome(record)
        return record

    def revive(self, execution: Execution) -> bool:
        """Give a redriven execution that runs its record and its files back; False if it has them.

        The record first: files go back only to a run whose record says that it runs.
        What another run has taken meanwhile stays with that run.
        """
        if execution.redrives == 0:
            return False
        now = clock.now()
        Runs(self.control).reopen(execution.run_id, redrives=execution.redrives, at=now)
        record = Runs(self.control).get(execution.run_id)
        if record is None or record.ended:
            return False
        retaken = [
            Claims(self.control).retake(file, record, redrives=execution.redrives, at=now)
            for file in execution.run_input.get("files", ())
        ]
        return any(retaken)

    def release(self, claim: Claim, execution: Execution) -> SettledFile:
        """Release a claim that an execution, which has ended, left behind.

        A person who stopped the run has said what is to become of its files.
        """
        record = Runs(self.control).get(claim.run_id)
        stop = record.stop if record else None
        if stop is not None and claim.state == "CLAIMED" and self._is_free(claim, stop):
            state = "FAILED" if stop.files == "retry" else "LEFT"
            Claims(self.control).release(claim, state=state)
            return SettledFile(key=claim.key, version_id=claim.version_id, disposition="kept")
        error, cause = _why(execution)
        end = RunEnd(
            run_id=claim.run_id,
            dataset=claim.dataset,
            execution_arn=claim.owner,
            status=FAILED,
            reason=Reason(code=error, message=cause),
        )
        disposition = "refused" if stop and stop.files == "quarantine" else "failed"
        return self.shelves.settle(end, claim, disposition=disposition, reason=None)

    def _is_free(self, claim: Claim, stop: Stop) -> bool:
        """True if the file stays: it was not refused before, and is not to be quarantined.

        Of a file that was to be loaded rows may be in the table, so it is left and not quarantined.
        """
        if claim.verdict is None:
            return stop.files != "quarantine"
        return claim.to_be_loaded

    def _write_end(self, execution: Execution, record: RunRecord | None) -> RunRecord | None:
        dataset = record.dataset if record else execution.run_input.get("dataset")
        if dataset is None:
            log.warning("no run of ours", extra={"execution_arn": execution.arn})
            return None
        error, cause = _why(execution)
        files = tuple(
            self._settle(file, execution) for file in execution.run_input.get("files", ())
        )
        end = RunRecord(
            run_id=execution.run_id,
            dataset=dataset,
            trigger=record.trigger if record else str(execution.run_input.get("trigger", "")),
            execution_arn=execution.arn,
            status=FAILED,
            started_at=record.started_at if record else execution.started_at,
            ended_at=clock.now(),
            counts=self._loaded_so_far(execution.run_id),
            files=files,
            report_uri=record.report_uri if record else "",
            error=error,
            cause=cause,
            redrives=execution.redrives,
        )
        if Runs(self.control).end(end, only_if_running=True):
            counted = STOPPED if execution.status == "ABORTED" else end.status
            self.eyes.run_ended(
                EndOfRun(run_id=end.run_id, dataset=dataset, status=counted, counts=end.counts)
            )
        return Runs(self.control).get(execution.run_id)

    def _settle(self, file: Mapping[str, Any], execution: Execution) -> SettledFile:
        claim = Claims(self.control).get(file["bucket"], file["key"], file["version_id"])
        if claim is None:
            return SettledFile(key=file["key"], version_id=file["version_id"], disposition="kept")
        if claim.owner != execution.arn:
            return SettledFile(
                key=file["key"], version_id=file["version_id"], disposition="duplicate"
            )
        try:
            return self.release(claim, execution)
        except Exception:  # its claim stays open, which the sweep mends; the run has ended
            log.exception("not released", extra={"key": claim.key})
            return SettledFile(key=file["key"], version_id=file["version_id"], disposition="kept")

    def _loaded_so_far(self, run_id: str) -> dict[str, int]:
        loads = Loads(self.control).of_run(run_id)
        return sum(loads.values(), LoadCounts()).outcomes if loads else {}

    def _close_approval(self, record: RunRecord) -> None:
        approvals = Approvals(self.control)
        approval = approvals.find(record.approval_id) if record.approval_id else None
        if approval is not None and approval.execution_arn == record.execution_arn:
            approvals.close(approvals.expire(approval, clock.now()))


def _why(execution: Execution) -> tuple[str, str]:
    error, cause = _ERRORS.get(execution.status, _ERRORS["FAILED"])
    return execution.error or error, (execution.cause or cause)[:4_000]
