"""The order to stop a run: written where the loader and the burial read it, then carried out."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline import timestamps
from pipeline.runs import cause
from pipeline.runs.identity import run_key
from pipeline.runs.settlement import StoppedFiles
from sluice.runs.run import Run
from sluice.stack.cloud import Cloud
from sluice.stack.control import control_table
from sluice.terminal.exits import OperatorError

HAPPENS = {
    "leave": "stay where they are; nothing tries them again before you do",
    "retry": "are tried again by the next pick-up",
    "quarantine": "go to quarantine, but stay if rows of them may be in the table",
}
"""What becomes of files that were not loaded."""


def stop_run(cloud: Cloud, run: Run, *, files: StoppedFiles, comment: str) -> None:
    """Stop a run; what becomes of its files, who wanted it and why stand on its record first.

    Raises:
        OperatorError: the run is over.
    """
    who = cloud.caller_arn
    at = timestamps.to_text(datetime.now(UTC))
    order = {"by": who, "at": at, "comment": comment, "files": files}
    ordered = control_table(cloud).update(
        run_key(run.run_id),
        "RUN",
        {"stop": order},
        condition="attribute_not_exists(#status) OR #status = :running",
        names={"#status": "status"},
        values={":running": "RUNNING"},
    )
    if not ordered:
        raise OperatorError(f"{run.run_id} is over already")
    cloud.states.stop_execution(
        executionArn=run.execution_arn,
        error=cause.STOPPED_BY_HAND,
        cause=f"{comment} ({who})"[:32_000],
    )
