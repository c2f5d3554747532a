"""The gate's rules: who may decide what, when, and what that makes of an approval.

Pure: an approval and a ballot go in, the changed approval or a refusal comes out.
The control table applies the change under the condition that nothing else changed meanwhile.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from pipeline import timestamps
from pipeline.principal import SIGNED, Principal

PENDING = "PENDING"
APPROVED = "APPROVED"
REJECTED = "REJECTED"
EXPIRED = "EXPIRED"

MAX_COMMENT_CHARACTERS = 1_000

SIGNED_ONLY = "Here only signed answers count: `sluice approvals`, or the console."

Answer = Literal["approve", "reject"]


class GateError(Exception):
    """Base of what keeps a ballot from counting; `str()` is the sentence for the person."""


class BadBallotError(GateError):
    """The ballot itself is wrong: no answer, a comment that is too long."""


class NotAllowedError(GateError):
    """This person may not decide here."""


class AlreadyDecidedError(GateError):
    """Somebody decided before, or the time is over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ballot:
    """One person's answer."""

    answer: Answer
    by: Principal
    comment: str
    at: str
    """ISO 8601 UTC."""

    @classmethod
    def parse(cls, *, answer: str, by: Principal, comment: str, at: str) -> Self:
        """Read what a person sent.

        Raises:
            BadBallotError: it is no answer, or says too much.
        """
        words = _plain(comment)
        if answer not in ("approve", "reject"):
            raise BadBallotError("Choose either approve or reject.")
        if len(words) > MAX_COMMENT_CHARACTERS:
            raise BadBallotError(f"A comment has at most {MAX_COMMENT_CHARACTERS} characters.")
        return cls(
            answer="approve" if answer == "approve" else "reject", by=by, comment=words, at=at
        )

    @classmethod
    def from_record(cls, vote: Mapping[str, Any]) -> Self:
        """Read a vote of the control table."""
        by = Principal.parse(vote)
        return cls(answer=vote["answer"], by=by, comment=vote["comment"], at=vote["at"])

    def as_record(self) -> dict[str, str]:
        """The ballot as the control table and operators get it."""
        rest = {"answer": self.answer, "comment": self.comment, "at": self.at}
        return self.by.as_record() | rest


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
    """The ARNs of those who may decide; empty for everybody who signs or holds the link."""
    uploaders: tuple[str, ...] = ()
    """Who dropped the files, as far as S3 says: they may not approve them themselves."""
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

    @property
    def signed_only(self) -> bool:
        """True if it matters who answers: a link shows the facts then, and decides nothing."""
        return bool(self.approvers) or self.required > 1

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
        NotAllowedError: the person is not known well enough, is no approver, dropped the file, or
            approved it before.
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
        decided_by=", ".join(str(vote.by) for vote in approvals)
        if ballot.answer == "approve"
        else str(ballot.by),
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
            waits = f"It waits for {missing} more approval{'s' if missing > 1 else ''}."
            answered = ", ".join(str(vote.by) for vote in approval.votes)
            return f"{answered} approved it. {waits}" if answered else waits
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


def _check_person(approval: Approval, ballot: Ballot) -> None:
    who = ballot.by
    if approval.signed_only and who.how != SIGNED:
        raise NotAllowedError(SIGNED_ONLY)
    named = map(Principal.signed, approval.approvers)
    if approval.approvers and not any(who.is_same_as(approver) for approver in named):
        raise NotAllowedError(f"{who} is not among the approvers that the contract names.")
    home = approval.execution_arn.split(":")[4]
    dropped = any(who.is_uploader(uploader, home=home) for uploader in approval.uploaders)
    if dropped and ballot.answer == "approve":
        raise NotAllowedError("Whoever dropped the file cannot approve it themselves.")
    if any(who.is_same_as(vote.by) for vote in approval.votes):
        raise NotAllowedError(f"{who} has answered already; another person is needed.")


def _plain(comment: str) -> str:
    """Return a comment without what nobody sees: control, format and unpaired characters."""
    unseen = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    kept = (c for c in comment if c in "\n\t" or unicodedata.category(c) not in unseen)
    return "".join(kept).strip()
