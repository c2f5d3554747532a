"""What became of a file that somebody sent by an invitation: facts of that file and of no other.

| claim | run | state |
| --- | --- | --- |
| none | none | arrived |
| any | goes on | checking, or waiting once a person was asked |
| archived | LOADED | accepted, or partly if rows of it were rejected |
| quarantined | REFUSED, REJECTED, LOADED without this file | refused |
| any other | any other | held: it is ours to go on |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.runs.records import Claim, RunRecord
from pipeline.runs.settlement import FAILED, LOADED, REFUSED, REJECTED, Reason
from pipeline.words import sender
from pipeline.words.sender import Place

MOST_PLACES = 100
"""Places of rejected rows that a sender is told; whoever mends these sends the file again."""

State = Literal["arrived", "checking", "waiting", "accepted", "partly", "refused", "held"]

_ON_ITS_WAY: Mapping[State, tuple[str, str]] = {
    "arrived": ("Your file has arrived.", "It is looked at now; that takes a minute or so."),
    "checking": ("Your file is being checked.", "You may wait here, or open this link later."),
    "waiting": (
        "Your file was checked, and waits for a person.",
        "Somebody looks at it before it is taken over. You may open this link later.",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What a run reported about one file of it."""

    rows_in: int
    valid: int
    rejected: int
    places: Sequence[Place] = ()

    @classmethod
    def of(cls, report: Mapping[str, Any], claim: Claim, places: Sequence[Place]) -> Account | None:
        """Return what a report says about the file of a claim, if it says anything."""
        for file in report.get("files", ()):
            if (file["key"], file["version_id"]) == (claim.key, claim.version_id):
                return cls(**{n: file[n] for n in ("rows_in", "valid", "rejected")}, places=places)
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """What a sender is told."""

    state: State
    heading: str
    todo: str
    account: Account | None = None
    reason: str = ""
    """Why the file as a whole was refused."""

    @property
    def may_send_again(self) -> bool:
        """True if there is something to mend."""
        return self.state in ("refused", "partly")

    def as_document(self) -> dict[str, Any]:
        """The fate as the page gets it."""
        told: dict[str, Any] = {"state": self.state, "heading": self.heading, "todo": self.todo}
        if self.reason:
            told["reason"] = self.reason
        if self.account:
            told["counts"] = {n: getattr(self.account, n) for n in ("rows_in", "valid", "rejected")}
            told["rows"] = [
                {"line": p.line, "columns": p.columns, "reason": "; ".join(p.reasons)}
                for p in self.account.places
            ]
        return told


def fate(
    claim: Claim | None,
    run: RunRecord | None,
    account: Account | None = None,
    reason: Reason | None = None,
) -> Fate:
    """Return what became of a file; `reason` stands beside it if it is in quarantine."""
    if claim is None:
        return _on_its_way("arrived")
    if run is None or not run.ended:
        return _on_its_way("waiting" if run is not None and run.approval_id else "checking")
    if claim.disposition == "archived":
        return _taken_over(account)
    status = _status(claim, run)
    told = sender.verdict(status)
    if status not in (REFUSED, REJECTED):
        return Fate(state="held", heading=told.heading, todo=told.todo)
    said = _own_words(reason, run)
    return Fate(state="refused", heading=told.heading, todo=told.todo, account=account, reason=said)


def _status(claim: Claim, run: RunRecord) -> str:
    """Return how the run ended for this file, which is refused where others were loaded."""
    if claim.disposition != "quarantined":
        return FAILED
    return REFUSED if run.status == LOADED else run.status


def _taken_over(account: Account | None) -> Fate:
    rows = {} if account is None else {n: getattr(account, n) for n in ("rows_in", "valid")}
    rejected = account.rejected if account else 0
    told = sender.verdict(LOADED, rejected=rejected, **rows)
    heading = told.heading if account else "Your file was taken over."
    state: State = "partly" if rejected else "accepted"
    return Fate(state=state, heading=heading, todo=told.todo, account=account)


def _own_words(reason: Reason | None, run: RunRecord) -> str:
    """Return a reason that is this file's; one of a run of several files tells of others, too."""
    if reason is None or (run.reason == reason and len(run.files) > 1):
        return ""
    return sender.sentence(reason.message)


def _on_its_way(state: State) -> Fate:
    heading, todo = _ON_ITS_WAY[state]
    return Fate(state=state, heading=heading, todo=todo)
