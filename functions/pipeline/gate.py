"""The gate's rules: who may decide what, when, and what that makes of an approval.

Pure: an approval and a ballot go in, the changed approval or a refusal comes out.
The control table applies the change under the condition that nothing else changed meanwhile.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from pipeline import timestamps

PENDING = "PENDING"
APPROVED = "APPROVED"
REJECTED = "REJECTED"
EXPIRED = "EXPIRED"

MAX_COMMENT_CHARACTERS = 1_000
MAX_NAME_CHARACTERS = 100

Answer = Literal["approve", "reject"]


class GateError(Exception):
    """Base of what keeps a ballot from counting; `str()` is the sentence for the person."""


class BadBallotError(GateError):
    """The ballot itself is wrong: no name, a comment that is too long."""


class NotAllowedError(GateError):
    """This person may not decide here."""


class AlreadyDecidedError(GateError):
    """Somebody decided before, or the time is over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ballot:
    """One person's answer."""

    answer: Answer
    by: str
    comment: str
    at: str
    """ISO 8601 UTC."""

    @classmethod
    def parse(cls, *, answer: str, by: str, comment: str, at: str) -> Self:
        """Read what a person sent.

        Raises:
            BadBallotError: it is no answer, has no name, or says too much.
        """
        name, words = " ".join(by.split()), comment.strip()
        if answer not in ("approve", "reject"):
            raise BadBallotError("Choose either approve or reject.")
        if not name:
            raise BadBallotError("Say who you are: the decision is kept under your name.")
        if len(name) > MAX_NAME_CHARACTERS:
            raise BadBallotError(f"A name has at most {MAX_NAME_CHARACTERS} characters.")
        if len(words) > MAX_COMMENT_CHARACTERS:
            raise BadBallotError(f"A comment has at most {MAX_COMMENT_CHARACTERS} characters.")
        return cls(
            answer="approve" if answer == "approve" else "reject", by=name, comment=words, at=at
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """One question to people: may exactly this report be loaded?"""

    approval_id: str
    run_id: str
    dataset: str
    execution_arn: str
    report_uri: str
    report_sha256: str
    created_at: str
    expires_at: str
    reasons: tuple[str, ...]
    counts: Mapping[str, int]
    required: int = 1
    approvers: tuple[str, ...] = ()
    """Who may decide; empty for everybody who holds the link."""
    uploaders: tuple[str, ...] = ()
    """Who dropped the files, where that is known: they may not approve them themselves."""
    previous: Mapping[str, Any] | None = None
    """The dataset's last loaded run: `{run_id, ended_at, counts}`."""
    status: str = PENDING
    votes: tuple[Ballot, ...] = ()
    decided_by: str = ""
    comment: str = ""
    decided_at: str = ""
    callback: str = PENDING
    secret_sha256: str = field(default="", repr=False)
    task_token: str = field(default="", repr=False)

    def accepts(self, secret: str) -> bool:
        """True if `secret` is the one that the mail's link carries."""
        return bool(self.secret_sha256) and hmac.compare_digest(
            digest_of(secret), self.secret_sha256
        )

    def expired(self, now: str) -> bool:
        """True once the time to answer is over."""
        return now >= self.expires_at

    def decision(self) -> dict[str, object]:
        """The answer as the waiting state gets it."""
        return {
            "approved": self.status == APPROVED,
            "by": self.decided_by,
            "comment": self.comment,
            "decided_at": self.decided_at,
            "report_sha256": self.report_sha256,
        }


def digest_of(secret: str) -> str:
    """Return the only form in which a link's secret is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def form_token(approval: Approval, secret: str) -> str:
    """Return what a form has to send back: it binds the answer to what the person was shown."""
    shown = f"decide:{approval.approval_id}:{approval.report_sha256}:{len(approval.votes)}"
    return hmac.new(secret.encode(), shown.encode(), hashlib.sha256).hexdigest()


def decide(approval: Approval, ballot: Ballot) -> Approval:
    """Return the approval after a ballot: still pending while more approvals are required.

    Raises:
        AlreadyDecidedError: somebody was faster, or the time is over.
        NotAllowedError: the person is no approver, dropped the file, or approved it before.
    """
    if approval.status != PENDING:
        raise AlreadyDecidedError(standing(approval))
    if approval.expired(ballot.at):
        raise AlreadyDecidedError(time_left(approval, ballot.at))
    _check_person(approval, ballot)
    voted = replace(approval, votes=(*approval.votes, ballot))
    approvals = [vote for vote in voted.votes if vote.answer == "approve"]
    if ballot.answer == "approve" and len(approvals) < approval.required:
        return voted
    return replace(
        voted,
        status=APPROVED if ballot.answer == "approve" else REJECTED,
        decided_by=", ".join(vote.by for vote in approvals)
        if ballot.answer == "approve"
        else ballot.by,
        comment=ballot.comment,
        decided_at=ballot.at,
    )


def expire(approval: Approval, now: str) -> Approval:
    """Return the approval closed without an answer; what was decided stays decided."""
    if approval.status != PENDING:
        return approval
    return replace(approval, status=EXPIRED, decided_at=now)


def standing(approval: Approval) -> str:
    """Return one sentence on where the approval stands, with who and when."""
    match approval.status:
        case "PENDING":
            missing = approval.required - len(approval.votes)
            return f"It waits for {missing} more approval{'s' if missing > 1 else ''}."
        case "EXPIRED":
            then = timestamps.readable(approval.decided_at)
            return f"Nobody decided in time: it expired at {then}."
    verb = "approved" if approval.status == APPROVED else "rejected"
    return f"{approval.decided_by} {verb} it at {timestamps.readable(approval.decided_at)}."


def time_left(approval: Approval, now: str) -> str:
    """Return one sentence on how long an answer is still possible; empty once there is one."""
    if approval.status != PENDING:
        return ""
    left = timestamps.from_text(approval.expires_at) - timestamps.from_text(now)
    minutes, until = int(left.total_seconds() // 60), timestamps.readable(approval.expires_at)
    if approval.expired(now):
        return f"The time to answer ended at {until}."
    if minutes < 2 * 60:
        return f"{minutes} minutes are left, until {until}."
    return f"{minutes // 60} hours are left, until {until}."


def names_of(by: str) -> frozenset[str]:
    """Return the names that somebody goes by: of an ARN also its last part.

    >>> sorted(names_of("arn:aws:sts::1:assumed-role/Operator/Ada"))
    ['ada', 'arn:aws:sts::1:assumed-role/operator/ada']
    """
    whole = by.casefold()
    return frozenset({whole, whole.rpartition("/")[2]} if whole.startswith("arn:") else {whole})


def _check_person(approval: Approval, ballot: Ballot) -> None:
    who = names_of(ballot.by)
    if approval.approvers and not who & {name.casefold() for name in approval.approvers}:
        raise NotAllowedError(f"{ballot.by} is not among the approvers that the contract names.")
    dropped = frozenset[str]().union(*map(names_of, approval.uploaders))
    if who & dropped and ballot.answer == "approve":
        raise NotAllowedError("Whoever dropped the file cannot approve it themselves.")
    if any(who & names_of(vote.by) for vote in approval.votes):
        raise NotAllowedError(f"{ballot.by} has answered already; another person is needed.")
