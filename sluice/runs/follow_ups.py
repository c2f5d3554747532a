"""What people do about runs that did not load: done, and written down with who and when.

A redrive goes on with a run, a replay runs its files anew; `note` also stands for what was done
elsewhere. All three stand in the run's record, so that nobody does them twice unawares.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline import timestamps
from pipeline.runs.identity import run_key
from sluice.runs.follow import Visits, past_visits
from sluice.runs.replays import drop_again, start_by_hand
from sluice.runs.run import Run, RunFile
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError, OperatorError
from stores.control import item_key

DONE = "done"
"""The action of a person who says that nothing is left to be done."""


def note(cloud: Cloud, run: Run, action: str, comment: str = "") -> None:
    """Write down that this caller did something about a run, now."""
    entry = {
        "by": cloud.caller_arn,
        "at": timestamps.to_text(datetime.now(UTC)),
        "action": action,
        "comment": comment,
    }
    cloud.dynamodb.update_item(
        TableName=cloud.stack.control_table,
        Key=item_key(run_key(run.run_id), "RUN"),
        UpdateExpression="SET #done = list_append(if_not_exists(#done, :none), :entry)",
        ExpressionAttributeNames={"#done": "follow_ups"},
        ExpressionAttributeValues={
            ":none": {"L": []},
            ":entry": {"L": [{"M": {name: {"S": text} for name, text in entry.items()}}]},
        },
    )


def redrive(cloud: Cloud, run: Run) -> Visits:
    """Let a run go on with the step at which it was cut off; returns its visits until then.

    Raises:
        OperatorError: Step Functions cannot, or it would only repeat the run's own end.
    """
    if run.forgotten:
        raise OperatorError(
            f"{run.run_id} cannot be redriven: Step Functions has forgotten it. "
            f"Use: `sluice replay {run.run_id}`"
        )
    execution = cloud.states.describe_execution(executionArn=run.execution_arn)
    if execution.get("redriveStatus") == "NOT_REDRIVABLE":
        reason = execution.get("redriveStatusReason", "Step Functions does not say why")
        raise OperatorError(f"{run.run_id} cannot be redriven: {reason}")
    states = past_visits(cloud, run.execution_arn)
    if states and states[-1].kind == "Fail":
        raise OperatorError(
            f"{run.run_id} came to its own end ({states[-1].name}); a redrive would only repeat "
            f"that. Use: `sluice replay {run.run_id}`"
        )
    cloud.states.redrive_execution(executionArn=run.execution_arn)
    note(cloud, run, "redrive")
    return states


def replay(cloud: Cloud, run: Run, *, as_newest: bool) -> list[Mapping[str, Any]]:
    """Run a run's kept files as they are and, `as_newest`, drop its moved ones again.

    Returns `{"run_id"}` for each run that was started and `{"key"}` for each file dropped.

    Raises:
        NotFoundError: it has no file that could be replayed.
    """
    kept = [file.key for file in run.files if file.disposition == "kept"]
    moved = moved_files(run) if as_newest else []
    if not kept and not moved:
        raise NotFoundError(f"{run.run_id} has no file in the landing zone that could be replayed")
    started: list[Mapping[str, Any]] = list(start_by_hand(cloud, kept)) if kept else []
    started += [drop_again(cloud, file) for file in moved]
    note(cloud, run, "replay as newest" if as_newest else "replay")
    return started


def moved_files(run: Run) -> list[RunFile]:
    """The files of a run that are no longer in the landing zone."""
    return [file for file in run.files if file.disposition in {"archived", "quarantined"}]
