"""The messages that people get: one when a run waits for them, one when it has ended.

They hold counts, names and reasons, never a row's values, and no secret but the approval's link.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import errors, timestamps
from pipeline.gate.gate import Approval
from pipeline.layout import INCOMING
from pipeline.printable import printable
from pipeline.runs import cause
from pipeline.runs.landing import where_to
from pipeline.runs.records import RunRecord, SettledFile
from pipeline.runs.settlement import LOADED, UNREADABLE
from pipeline.words import row_counts
from pipeline.words.mail_text import key_text, remark

MAX_SUBJECT_CHARACTERS = 99
"""SNS: ASCII, fewer than 100 characters, no line breaks, starts with a letter or digit.

Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

MAX_MESSAGE_CHARACTERS = 60_000
"""Far below SNS's 256 KiB, even if each character takes four bytes."""

MAX_FILES_LISTED = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """One message to whoever subscribed."""

    subject: str
    message: str
    attributes: Mapping[str, str]
    """For the filter policies of subscriptions: status and dataset."""


_NEXT_STEP = {
    "LOADED": "Nothing is to be done.",
    "DUPLICATE": "Nothing is to be done: another run takes care of the same file version.",
    "REFUSED": "Mend what the reason says and drop it again; the original: sluice fetch {run_id}",
    "REJECTED": "Mend the rows and drop the file again; the original: sluice fetch {run_id}",
    "EXPIRED": "If the rows are fine, drop the file again and approve it in time.",
    "FAILED": "Look into the cause. Kept files are tried again by the schedule, up to three times; "
    "faults of services do not count.",
}


def outcome(run: RunRecord) -> Notice:
    """Return the message for a run that has ended."""
    lines = [
        f"Run      {run.run_id}",
        f"Dataset  {run.dataset}",
        f"Status   {run.status}",
        f"Ended    {timestamps.readable(run.ended_at)}",
        *_why(run),
        *_counted(run.counts),
        *_files(run.files),
        *([f"Report   {run.report_uri}"] if run.report_uri else []),
        "",
        *_next_steps(run),
        f"More: sluice show {run.run_id}",
    ]
    return _notice(
        subject=f"{run.dataset}: {_headline(run)} ({run.run_id})",
        lines=lines,
        attributes={"kind": "outcome", "status": run.status, "dataset": run.dataset},
    )


def question(approval: Approval, link: str, warnings: Sequence[str] = ()) -> Notice:
    """Return the message that asks for an approval; only here does the link appear."""
    lines = [
        f"The run {approval.run_id} of {approval.dataset} waits for a decision.",
        *(f"- {remark(reason)}" for reason in approval.reasons),
        *_counted(approval.counts),
        *(f"Warning  {remark(warning)}" for warning in warnings),
        "",
        f"Decide until {timestamps.readable(approval.expires_at)}, or nothing is loaded:",
        link,
        "",
        *_how_to_answer(approval),
    ]
    return _notice(
        subject=f"{approval.dataset}: approval needed ({approval.run_id})",
        lines=lines,
        attributes={"kind": "approval", "status": "PENDING", "dataset": approval.dataset},
    )


def _how_to_answer(approval: Approval) -> list[str]:
    shown = f"sluice approvals show {approval.approval_id}"
    if approval.signed_only:
        return [
            "The link shows the facts and decides nothing: only signed answers count.",
            f"Decide with {shown}, then approve or reject.",
        ]
    return [
        "Opening the link changes nothing. Whoever holds it can decide: do not pass it on.",
        f"Or: {shown}",
    ]


def reminder(approval: Approval) -> Notice:
    """Return the message that reminds of an approval; the first message holds the link."""
    lines = [
        f"The run {approval.run_id} of {approval.dataset} still waits for a decision.",
        *(f"- {remark(reason)}" for reason in approval.reasons),
        "",
        f"At {timestamps.readable(approval.expires_at)} it expires and nothing is loaded.",
        "The link is in the first message about this run.",
        f"Or: sluice approvals show {approval.approval_id}",
    ]
    return _notice(
        subject=f"{approval.dataset}: approval still needed ({approval.run_id})",
        lines=lines,
        attributes={"kind": "reminder", "status": "PENDING", "dataset": approval.dataset},
    )


def astray(keys: Sequence[str], *, folder: str, known: Collection[str]) -> Notice:
    """Return the message about files of the landing bucket that no run can take: what they lack."""
    lines = [
        f"{len(keys)} files lie outside {INCOMING}, where no run takes them:",
        *(f"File     {printable(key)}" for key in keys[:MAX_FILES_LISTED]),
        *(["         and more"] if len(keys) > MAX_FILES_LISTED else []),
        "",
        f"Nothing was done with them; {where_to(keys[0], known)}",
        "More files of this folder are told again tomorrow at the earliest.",
    ]
    return _notice(
        subject=f"Files outside {INCOMING}: {folder}",
        lines=lines,
        attributes={"kind": "astray", "status": "ASTRAY", "dataset": "unassigned"},
    )


def missed(dataset: str, *, since: str, hours: int) -> Notice:
    """Return the message about a dataset of which nothing was loaded for longer than usual."""
    lines = [
        f"Nothing of {dataset} has been loaded since {timestamps.readable(since)}.",
        f"Its contract expects something every {hours} hours.",
        "",
        f"What came: sluice runs --dataset {dataset}",
        "This is told once, until something of it is loaded again.",
    ]
    return _notice(
        subject=f"{dataset}: nothing loaded for {hours} hours",
        lines=lines,
        attributes={"kind": "missed", "status": "MISSED", "dataset": dataset},
    )


def ascii_subject(text: str) -> str:
    r"""Return `text` as SNS takes it for a subject.

    >>> ascii_subject("Käufer: 3 rows\nloaded")
    'K?ufer: 3 rows loaded'
    """
    plain = re.sub(r"\s+", " ", text).encode("ascii", "replace").decode()
    plain = re.sub(r"[^\x20-\x7e]", "?", plain).strip()
    start = re.search(r"[0-9A-Za-z]", plain)
    return (plain[start.start() :] if start else "Sluice")[:MAX_SUBJECT_CHARACTERS]


def _headline(run: RunRecord) -> str:
    return f"LOADED, {row_counts.news(run.counts)}" if run.status == LOADED else run.status


def _next_steps(run: RunRecord) -> list[str]:
    """Return what a person can do; a run that was loaded may have left something out."""
    steps = []
    if any(file.disposition == UNREADABLE for file in run.files):
        steps.append(
            "Unreadable files stay where they are: let the pipeline read them and drop them again."
        )
    if run.status != LOADED:
        others = any(file.disposition != UNREADABLE for file in run.files)
        usual = _NEXT_STEP[run.status].format(run_id=run.run_id)
        return [*steps, usual] if others or not steps else steps
    if rejected := run.counts.get("rejected", 0):
        steps.append(
            f"Rejected rows ({rejected}) are not in the table: sluice rejects {run.run_id}",
        )
        steps.append(f"Mend them and drop them again: sluice mend {run.run_id}")
    if any(file.disposition == "quarantined" for file in run.files):
        steps.append("Refused files are in quarantine: mend them and drop them again.")
    return steps or [_NEXT_STEP[LOADED]]


def _why(run: RunRecord) -> list[str]:
    lines = []
    if run.error:
        lines.append(f"Error    {printable(run.error)}{_told_cause(run)}")
    elif run.reason is not None:
        lines.append(f"Reason   {remark(run.reason.message)}")
    if run.approval and run.approval.get("by"):
        verb = str(run.approval.get("status", "")).lower()
        lines.append(f"Decided  {verb} by {remark(run.approval['by'])}")
    return lines


_OURS = frozenset(
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.SluiceError)
)
_OF_THE_PLATFORM = ("DynamoDB.", "Glue.", "Lambda.", "Runtime.", "S3.", "Sandbox.", "States.")


def _told_cause(run: RunRecord) -> str:
    """Return a cause whose words are ours, an operator's or the platform's.

    An exception of any other kind, or the job's last words, may quote what they stumbled over.
    """
    known = run.error in _OURS or run.error.startswith(_OF_THE_PLATFORM)
    if (known or run.error == cause.STOPPED_BY_HAND) and run.error != "States.TaskFailed":
        return f": {remark(cause.plain(run.cause))}"
    return f" (its words may quote rows, so they are not mailed: sluice why {run.run_id})"


def _counted(counts: Mapping[str, Any]) -> list[str]:
    told = row_counts.in_words(counts)
    return [f"Rows     {told}"] if told else []


def _files(files: Sequence[SettledFile]) -> list[str]:
    lines = [
        f"File     {key_text(file.key)}: {file.disposition}"
        + (f" ({file.destination_uri})" if file.destination_uri else "")
        for file in files[:MAX_FILES_LISTED]
    ]
    more = len(files) - MAX_FILES_LISTED
    return [*lines, f"         and {more} more files"] if more > 0 else lines


def _notice(*, subject: str, lines: Sequence[str], attributes: Mapping[str, str]) -> Notice:
    message = "\n".join(lines)[:MAX_MESSAGE_CHARACTERS]
    return Notice(subject=ascii_subject(subject), message=message, attributes=attributes)
