"""Follow a run with progress on stderr and, where asked to, answer its gate."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.options import program, settings
from sluice.runs.drops import Drop, run_of, run_that_names
from sluice.runs.follow import Pause, follow
from sluice.runs.history import StateVisit
from sluice.runs.loading import LoadWatch
from sluice.runs.progress import Progress
from sluice.runs.run import Run
from sluice.runs.run_reader import execution_arn, read_run
from sluice.stack import control, operator_api
from sluice.stack.cloud import Cloud
from sluice.terminal.clocktext import duration_text
from sluice.terminal.exits import Exit, InterruptedByPersonError
from sluice.terminal.output import say

# A drop without a run for that long is worth a remark; on AWS the event takes a second or two.
_PATIENCE_SECONDS = 30.0
# Looking for an execution that never claimed its file costs several calls: not at each look.
_LISTING_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What to tell the gate: `approve` or `reject`, and why."""

    decision: str
    comment: str


def await_run(cloud: Cloud, drop: Drop, pause: Pause) -> str:
    """The id of the run that takes the drop, once there is one."""
    try:
        return _awaited(cloud, drop, pause)
    except KeyboardInterrupt:
        raise _left("the file is dropped and its run starts by itself: `sluice runs`") from None


def _awaited(cloud: Cloud, drop: Drop, pause: Pause) -> str:
    began = listed = time.monotonic()
    remarked = False
    while True:
        if run_id := run_of(cloud, drop):
            return run_id
        now = time.monotonic()
        if now - listed > _LISTING_SECONDS:
            listed = now
            if run_id := run_that_names(cloud, drop):
                return run_id
        if now - began > _PATIENCE_SECONDS and not remarked:
            remarked = True
            say(
                f"no run has taken s3://{drop.bucket}/{drop.key} for {duration_text(now - began)}; "
                "the schedule picks up what S3's event missed (Ctrl-C stops the waiting only)"
            )
        pause(cloud.poll_seconds)


def watch_run(
    cloud: Cloud,
    run_id: str,
    pause: Pause,
    *,
    answer: Answer | None = None,
    seen: Sequence[StateVisit] = (),
) -> Run:
    """Follow a run until it is over or waits for a person whom `answer` does not replace.

    What the visits `seen` tell is not told again.
    """
    progress = Progress(sys.stderr)
    progress.skip(seen)
    arn = execution_arn(cloud, run_id)
    load = LoadWatch(cloud, run_id, arn)
    try:
        for snapshot in follow(cloud, arn, pause):
            progress.show(snapshot.visits, load.look(snapshot.visits) if progress.live else None)
            if snapshot.over or not snapshot.waits_for_person:
                continue
            approval = _approval_of(cloud, run_id)
            if approval is None:
                continue
            if answer is None:
                break
            progress.clear()
            _answer(cloud, approval, answer)
            answer = None
        progress.clear()
        run = read_run(cloud, run_id)
        return await_record(cloud, run_id, pause) if run.over and not run.recorded else run
    except KeyboardInterrupt:
        progress.clear()
        raise _left(f"run {run_id} goes on; follow it: `sluice watch {run_id}`") from None


def await_record(cloud: Cloud, run_id: str, pause: Pause) -> Run:
    """A run that was cut off, once its terminal record is written or patience is at an end.

    Step Functions announces the end of an execution; a function then settles files and records.
    """
    began = time.monotonic()
    while True:
        run = read_run(cloud, run_id)
        if run.recorded or time.monotonic() - began > _PATIENCE_SECONDS:
            return run
        pause(cloud.poll_seconds)


def _left(text: str) -> InterruptedByPersonError:
    """What goes on although nobody follows it any more."""
    with_cloud = "; on a cloud that ends with this command it goes on with the next `--local` one"
    return InterruptedByPersonError(f"{text}{with_cloud if settings().local else ''}")


def next_steps(run: Run) -> tuple[str, ...]:
    """What a person can do about a run that waits or went wrong, line by line."""
    if run.approval_id:
        return _ways_to_answer(run)
    if run.ended_at is None or run.exit_code == Exit.SUCCEEDED or settings().fresh:
        return ()
    return (f"what to do: {program()} why {run.run_id}",)


def _ways_to_answer(run: Run) -> tuple[str, ...]:
    if settings().fresh:
        return (
            f"{run.run_id} waits for a person, but its cloud ends with this command:",
            "  leave out --fresh to answer later, or add --approve or --reject",
        )
    approvals = f"{program()} approvals"
    return (
        f"{run.run_id} waits for a person: {approvals} show {run.approval_id}, then",
        f"  {approvals} approve {run.approval_id} --comment WHY",
        f"  {approvals} reject {run.approval_id} --comment WHY",
    )


def _approval_of(cloud: Cloud, run_id: str) -> control.PendingApproval | None:
    """None while the index lags behind, and as soon as somebody has decided."""
    pending = control.pending_approvals(cloud)
    return next((approval for approval in pending if approval.run_id == run_id), None)


def _answer(cloud: Cloud, approval: control.PendingApproval, answer: Answer) -> None:
    try:
        operator_api.decide(
            cloud, approval.approval_id, decision=answer.decision, comment=answer.comment
        )
    except operator_api.ConflictError as conflict:
        say(f"somebody else's answer counts: {conflict.message}")
    else:
        say(f"answered: {answer.decision} {approval.approval_id}")
