"""Runs in the control table: open until they have ended and somebody was told."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.runs.identity import run_key
from pipeline.runs.records import RunRecord
from stores.control import ControlTable

_END = (
    *("ended_at", "counts", "files", "report_uri", "error", "cause", "reason", "approval"),
    *("taken_over_from", "redrives", "stop"),
)
"""What a run's record has only once the run has ended."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The records of all runs."""

    control: ControlTable

    def get(self, run_id: str) -> RunRecord | None:
        """Return a run's record."""
        item = self.control.get(run_key(run_id), "RUN")
        return RunRecord.from_item(item) if item and "status" in item else None

    def end(self, run: RunRecord, *, only_if_running: bool) -> bool:
        """Write how a run ended and that somebody has to be told of it.

        With `only_if_running`, a record that has ended already stays as it is.
        Returns whether the record was written.
        """
        changes: dict[str, object] = {
            "run_id": run.run_id,
            "dataset": run.dataset,
            "trigger": run.trigger,
            "execution_arn": run.execution_arn,
            "status": run.status,
            "ended_at": run.ended_at,
            "counts": run.counts,
            "files": [file.as_document() for file in run.files],
            "report_uri": run.report_uri,
            "error": run.error,
            "cause": run.cause,
            "reason": run.reason.as_document() if run.reason else None,
            "approval": run.approval,
            "taken_over_from": run.taken_over_from,
            "redrives": run.redrives,
            "notice": "PENDING",
            "open": "RUN",
            "open_since": run.ended_at,
        }
        if run.started_at:
            changes["started_at"] = run.started_at
        condition, values = "", {}
        if only_if_running:
            condition = "attribute_not_exists(#status) OR #status = :running"
            values = {":running": "RUNNING"}
        return self.control.update(
            run_key(run.run_id), "RUN", changes, condition=condition, values=values
        )

    def reopen(self, run_id: str, *, redrives: int, at: str) -> bool:
        """Take back the end that was written for a run's execution, which has been redriven since.

        The end that a run wrote itself stays, as does that of a death after this redrive.
        """
        return self.control.update(
            run_key(run_id),
            "RUN",
            {"status": "RUNNING", "notice": "PENDING", "open": "RUN", "open_since": at},
            remove=_END,
            condition="#status = :failed AND redrives < :now_redrives",
            values={":failed": "FAILED", ":now_redrives": redrives},
        )

    def close(self, run: RunRecord) -> bool:
        """Note that somebody was told of this end: nothing is left to be done about it."""
        return self.control.update(
            run_key(run.run_id),
            "RUN",
            {"notice": "SENT"},
            remove=("open", "open_since"),
            condition="ended_at = :ended",
            values={":ended": run.ended_at},
        )

    def link_approval(self, run_id: str, approval_id: str) -> None:
        """Let the run's record name its approval."""
        self.control.update(run_key(run_id), "RUN", {"approval_id": approval_id})
