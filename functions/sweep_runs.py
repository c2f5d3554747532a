"""Sweep Runs: the schedule's look at everything that is not at rest, and what mends it.

Input:
    `{"source": "sluice.sweep"}`.
Output:
    how many of each kind were mended: `{"runs", "notices", "claims", "callbacks", "approvals",
    "reminders", "missed"}`.
Errors:
    SweepError, after everything else was mended, naming what could not be.

Everything here is what a handler does in the normal course, done once more.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline import timestamps
from pipeline.contracts import contract_shelf
from pipeline.errors import SluiceError
from pipeline.gate import gate
from pipeline.runs.metrics import Figures
from pipeline.words import notices
from stores import aws, clock
from stores.approvals import Approvals, answer_run
from stores.claims import Claims
from stores.control import ControlTable
from stores.eyes import Eyes
from stores.outbox import Outbox
from stores.runs import Runs
from stores.shelves import Shelves
from stores.undertaker import Undertaker

log = logging.getLogger(__name__)
aws.at_init(aws.dynamodb, aws.s3, aws.sns, aws.stepfunctions)

GRACE_SECONDS = 60
"""A record that changed so lately is still in the hands of whoever changed it."""

REMIND_PART = 4
"""A reminder goes out in the last quarter of the time to answer."""


class SweepError(SluiceError):
    """Some records could not be mended; the next sweep tries again."""


def handler(event: Mapping[str, Any], context: object) -> dict[str, int]:
    """Mend what got stuck."""
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    outbox = Outbox(aws.sns(), os.environ["OUTCOME_TOPIC_ARN"], control)
    shelves = Shelves(aws.s3(), Claims(control), os.environ["WORK_BUCKET"])
    eyes = Eyes(os.environ["METRICS_NAMESPACE"])
    undertaker = Undertaker(aws.stepfunctions(), control, shelves, outbox, eyes)
    now = clock.now()
    approvers = Outbox(aws.sns(), os.environ["APPROVAL_TOPIC_ARN"], control)
    sweep = Sweep(control, outbox, approvers, undertaker, now)
    before = timestamps.later(now, -GRACE_SECONDS)
    mended: Counter[str] = Counter()
    problems = []
    waiting = Waiting(now)
    for kind, mend in sweep.kinds().items():
        for item in control.open(kind, before=before):
            waiting.see(kind, item)
            try:
                mended.update(mend(item))
            except Exception as error:
                log.exception("not mended", extra={"pk": item["pk"]})
                problems.append(f"{item['pk']}: {type(error).__name__}")
    for dataset in contract_shelf.datasets():
        try:
            mended.update(sweep.freshness(dataset))
        except Exception as error:
            log.exception("freshness not told", extra={"dataset": dataset})
            problems.append(f"{dataset}: {type(error).__name__}")
    eyes.seen(*waiting.figures(), Figures(values={"Sweeps": int(not problems)}, unit="Count"))
    if problems:
        raise SweepError(f"{len(problems)} records could not be mended: {'; '.join(problems[:5])}")
    return {kind: mended[kind] for kind in KINDS}


KINDS = ("runs", "notices", "claims", "callbacks", "approvals", "reminders", "missed")

Mend = Callable[[Mapping[str, Any]], Iterator[str]]


class Sweep:
    """One sweep; each method mends one record and yields what it did."""

    def __init__(
        self,
        control: ControlTable,
        outbox: Outbox,
        approvers: Outbox,
        undertaker: Undertaker,
        now: str,
    ) -> None:
        self._now = now
        self._control = control
        self._approvals = Approvals(control)
        self._outbox = outbox
        self._approvers = approvers
        self._undertaker = undertaker

    def kinds(self) -> dict[str, Mend]:
        """Return who mends which kind of open record."""
        return {"RUN": self.run, "FILE": self.claim, "APPROVAL": self.approval}

    def freshness(self, dataset: str) -> Iterator[str]:
        """Tell of a dataset of which nothing was loaded for longer than its contract expects."""
        hours = contract_shelf.known_contract(dataset).quality.expected_every_hours
        if hours is not None and self._outbox.tell_missed(dataset, hours=hours, now=self._now):
            yield "missed"

    def run(self, item: Mapping[str, Any]) -> Iterator[str]:
        """Bury a run whose execution is dead; tell of one that ended untold."""
        record = Runs(self._control).get(item["run_id"])
        if record is None:
            return
        if record.ended:
            self._outbox.tell_outcome(record)
            yield "notices"
            return
        execution = self._undertaker.look(record.execution_arn)
        if execution.is_dead and self._undertaker.bury(execution):
            yield "runs"

    def claim(self, item: Mapping[str, Any]) -> Iterator[str]:
        """Release a claim whose owner is dead; give it back to an owner that was redriven."""
        _, bucket, version_id, key = item["pk"].split("#", 3)
        claim = Claims(self._control).get(bucket, key, version_id)
        if claim is None or claim.state in {"SETTLED", "LEFT"}:
            return
        execution, failed = self._undertaker.look(claim.owner), claim.state == "FAILED"
        if execution.status == "RUNNING":
            if failed and self._undertaker.revive(execution):
                yield "runs"
        elif not failed:
            self._undertaker.release(claim, execution)
            yield "claims"

    def approval(self, item: Mapping[str, Any]) -> Iterator[str]:
        """Tell a decision that the run has not heard; expire, or remind of, one that is open."""
        approval = self._approvals.find(item["approval_id"])
        if approval is None:
            return
        if approval.status == gate.EXPIRED:
            # Nobody's answer is told to no run: one that still waits ends by its own time.
            self._approvals.close(approval)
            yield "approvals"
        elif approval.status != gate.PENDING:
            answer_run(aws.stepfunctions(), self._approvals, approval)
            yield "callbacks"
        elif self._undertaker.look(approval.execution_arn).status != "RUNNING":
            self._approvals.close(self._approvals.expire(approval, self._now))
            yield "approvals"
        elif is_late(
            approval.created_at, approval.expires_at, self._now
        ) and not self._approvals.mail_sent(approval.approval_id, "reminded_at"):
            self._approvers.publish(notices.reminder(approval))
            self._approvals.note_mail(approval, "reminded_at", self._now)
            yield "reminders"


class Waiting:
    """How long what is open has been open, as the index of open records tells it."""

    def __init__(self, now: str) -> None:
        self._now = now
        self._oldest_seconds = {"RUN": 0.0, "APPROVAL": 0.0}
        self._expiring = 0

    def see(self, kind: str, item: Mapping[str, Any]) -> None:
        """Take one open record into account: a run that runs, a question that waits."""
        if item.get("status") not in {"RUNNING", gate.PENDING}:
            return
        since, moment = map(timestamps.from_text, (item["open_since"], self._now))
        age_seconds = (moment - since).total_seconds()
        self._oldest_seconds[kind] = max(self._oldest_seconds.get(kind, 0.0), age_seconds)
        if kind == "APPROVAL":
            self._expiring += is_late(item["open_since"], item["expires_at"], self._now)

    def figures(self) -> Iterator[Figures]:
        """Yield what is to be kept of it; nothing open is 0 seconds old."""
        yield Figures(
            values={
                "OldestRunSeconds": round(self._oldest_seconds["RUN"], 3),
                "OldestQuestionSeconds": round(self._oldest_seconds["APPROVAL"], 3),
            },
            unit="Seconds",
        )
        yield Figures(values={"ExpiringQuestions": self._expiring}, unit="Count")


def is_late(created_at: str, expires_at: str, now: str) -> bool:
    """True in the last part of the time that an approval has."""
    created, expires, moment = map(timestamps.from_text, (created_at, expires_at, now))
    return moment < expires and (expires - moment) * REMIND_PART <= expires - created
