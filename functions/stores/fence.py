"""The fence: what a run may do with a file, by the claim on it and by its own record.

The claim names the one run that has the file and the one verdict on its rows. A run that was
stopped or buried is outside, too, until a redrive has brought it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ClaimReleasedError, FenceLostError
from pipeline.runs.identity import claim_key, run_key
from pipeline.runs.records import Claim
from pipeline.runs.verdict import LOAD, Verdict, agreed
from stores.claims import Claims
from stores.control import ControlTable

RELEASED = frozenset({"FAILED", "LEFT"})
"""States of a claim whose run is over, as far as anybody knows."""


@dataclass(frozen=True, slots=True)
class Fence:
    """One run's rights to its files."""

    control: ControlTable
    run_id: str
    execution_arn: str

    def decide(self, file: Mapping[str, Any], wanted: Verdict) -> Verdict | None:
        """Write the verdict on a file; `None` if the opposite stands there already.

        Raises:
            FenceLostError: another run has the file, or it is settled.
            ClaimReleasedError: the run counts as dead.
        """
        while True:
            claim = self._owned(file, Claims(self.control).get(*_names(file)))
            verdict = agreed(claim.verdict, wanted)
            if verdict is None or verdict == claim.verdict:
                return verdict
            if self._write(claim, verdict):
                return verdict

    def may_load(self, file: Mapping[str, Any], report_sha256: str) -> Verdict:
        """Return the verdict by which this run may write rows of a file now.

        Raises:
            FenceLostError: another run has the file, or nobody decided to load this report.
            ClaimReleasedError: the run was stopped, or counts as dead.
        """
        its_claim, its_run = (claim_key(*_names(file)), "CLAIM"), (run_key(self.run_id), "RUN")
        found = self.control.get_all([its_claim, its_run])
        item = found.get(its_claim)
        claim = self._owned(file, Claim.from_item(item) if item else None)
        if found.get(its_run, {}).get("stop"):
            raise ClaimReleasedError(f"{self.run_id} was stopped by hand")
        verdict = claim.verdict
        if verdict is None or (verdict.decision, verdict.report_sha256) != (LOAD, report_sha256):
            raise FenceLostError(f"nobody decided to load {claim.key} by the report of this run")
        return verdict

    def _owned(self, file: Mapping[str, Any], claim: Claim | None) -> Claim:
        if claim is None or claim.owner != self.execution_arn:
            owner = claim.run_id if claim else "nobody"
            raise FenceLostError(f"{file['key']} is not this run's any more: {owner} has it")
        if claim.state in RELEASED:
            raise ClaimReleasedError(f"{claim.key} was released when {self.run_id} died")
        if claim.state != "CLAIMED":
            raise FenceLostError(f"{claim.key} is {claim.state.lower()} already")
        return claim

    def _write(self, claim: Claim, verdict: Verdict) -> bool:
        """Write a verdict where nothing has changed since it was read."""
        names, values = {"#owner": "owner", "#state": "state"}, {":me": self.execution_arn}
        condition = "#owner = :me AND #state = :claimed AND "
        if claim.verdict is None:
            condition += "attribute_not_exists(#verdict)"
        else:
            condition += "#verdict.#at = :known AND #verdict.#run = :writer"
            names |= {"#at": "at", "#run": "run_id"}
            values |= {":known": claim.verdict.at, ":writer": claim.verdict.run_id}
        return self.control.update(
            claim_key(claim.bucket, claim.key, claim.version_id),
            "CLAIM",
            {"verdict": verdict.as_document()},
            condition=condition,
            names=names,
            values=values | {":claimed": "CLAIMED"},
        )


def _names(file: Mapping[str, Any]) -> tuple[str, str, str]:
    return file["bucket"], file["key"], file["version_id"]
