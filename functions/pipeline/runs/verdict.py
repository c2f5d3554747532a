"""The one verdict on a file version: its rows are loaded, or they never are.

It stands on the claim, is written by the run that owns the claim before anything is loaded or
settled, and never changes from one to the other. A later run of the version takes `load` over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from pipeline.runs.settlement import Reason

LOAD: Literal["load"] = "load"
REFUSE: Literal["refuse"] = "refuse"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What was decided about a file version, by which run, on which report."""

    decision: Literal["load", "refuse"]
    run_id: str
    """The run that wrote it as it stands."""
    report_sha256: str
    contract_version: str
    at: str
    taken_over_from: str = ""
    """The run that decided, where another one loads on its word."""
    reason: Reason | None = None
    """Why the rows are refused."""

    @classmethod
    def parse(cls, document: Mapping[str, Any] | None) -> Self | None:
        """Read what stands on a claim; `None` as long as nothing does."""
        if not document:
            return None
        return cls(
            decision=document["decision"],
            run_id=document["run_id"],
            report_sha256=document["report_sha256"],
            contract_version=document["contract_version"],
            at=document["at"],
            taken_over_from=document.get("taken_over_from", ""),
            reason=Reason.parse(document.get("reason")),
        )

    def as_document(self) -> dict[str, object]:
        """The verdict as the claim carries it."""
        return {
            "decision": self.decision,
            "run_id": self.run_id,
            "report_sha256": self.report_sha256,
            "contract_version": self.contract_version,
            "at": self.at,
            "taken_over_from": self.taken_over_from,
            "reason": self.reason.as_document() if self.reason else None,
        }

    def following(self, known: Verdict) -> Verdict:
        """Return this verdict as one that follows an earlier run's, if it may."""
        if not known.is_word_for(self.run_id, self.contract_version):
            return self
        return replace(self, taken_over_from=known.taken_over_from or known.run_id)

    def is_word_for(self, run_id: str, contract_version: str) -> bool:
        """True if a run may load on this verdict without asking anybody.

        The same bytes under the same contract give the same rows.
        """
        return (
            self.decision == LOAD
            and self.run_id != run_id
            and self.contract_version == contract_version
        )


def agreed(known: Verdict | None, wanted: Verdict) -> Verdict | None:
    """Return what a claim that says `known` may say from now on; `None` if they contradict.

    What a run has decided before, about this very report, stays as it stands. A decision to load
    that an earlier run made under the same contract is followed, and says so.
    """
    if known is None:
        return wanted
    if known.decision != wanted.decision:
        return None
    if (known.run_id, known.report_sha256) == (wanted.run_id, wanted.report_sha256):
        return known
    return wanted.following(known)
