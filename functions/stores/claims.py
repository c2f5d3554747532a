"""Claims in the control table: which run has a file version, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.runs.identity import FileVersion, claim_key
from pipeline.runs.records import Claim, RunRecord
from pipeline.runs.settlement import Ending
from stores.control import ControlTable


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims on all file versions."""

    control: ControlTable

    def get(self, bucket: str, key: str, version_id: str) -> Claim | None:
        """Return who has claimed a file version."""
        item = self.control.get(claim_key(bucket, key, version_id), "CLAIM")
        return Claim.from_item(item) if item else None

    def of(self, files: Iterable[FileVersion]) -> dict[FileVersion, Claim]:
        """Return the claims on these files; most have none."""
        by_key = {claim_key(file.bucket, file.key, file.version_id): file for file in files}
        return {by_key[key]: claim for key, claim in self.with_keys(list(by_key)).items()}

    def with_keys(self, keys: Sequence[str]) -> dict[str, Claim]:
        """Return the claims with these partition keys, by key; most are absent."""
        found = self.control.get_all([(key, "CLAIM") for key in keys])
        return {pk: Claim.from_item(item) for (pk, _), item in found.items()}

    def settle(self, claim: Claim, *, disposition: str, destination_uri: str) -> bool:
        """Close a claim: its file rests where `destination_uri` says. False if it is not ours."""
        return self.control.update(
            claim_key(claim.bucket, claim.key, claim.version_id),
            "CLAIM",
            {"state": "SETTLED", "disposition": disposition, "destination_uri": destination_uri},
            remove=("open", "open_since"),
            condition="#owner = :me",
            names={"#owner": "owner"},
            values={":me": claim.owner},
        )

    def fail(self, claim: Claim, end: Ending) -> bool:
        """Release a claim after a failed run, so that another may take it. False if not ours."""
        return self.control.update(
            claim_key(claim.bucket, claim.key, claim.version_id),
            "CLAIM",
            {
                "state": "FAILED",
                "disposition": "kept",
                "failed_runs": list(end.failed_runs),
                "failures": len(end.failed_runs),
                "interrupted_runs": list(end.interrupted_runs),
            },
            condition="#owner = :me AND #state <> :settled",
            names={"#owner": "owner", "#state": "state"},
            values={":me": claim.owner, ":settled": "SETTLED"},
        )

    def release(self, claim: Claim, *, state: str) -> bool:
        """Release the claim of a run that a person stopped, which is no failure of the file.

        As `LEFT` nothing takes the file before somebody says so, as `FAILED` the schedule does.
        False if the claim is not ours.
        """
        return self.control.update(
            claim_key(claim.bucket, claim.key, claim.version_id),
            "CLAIM",
            {"state": state, "disposition": "kept", "retaken": f"{claim.run_id}/stopped"},
            remove=("open", "open_since") if state == "LEFT" else (),
            condition="#owner = :me AND #state = :claimed",
            names={"#owner": "owner"},
            values={":me": claim.owner, ":claimed": "CLAIMED"},
        )

    def retake(self, file: Mapping[str, Any], run: RunRecord, *, redrives: int, at: str) -> bool:
        """Give a file back to the run that failed with it, once for each redrive of the run.

        False if another run has the file, or if the redriven run has released it itself.
        """
        return self.control.update(
            claim_key(file["bucket"], file["key"], file["version_id"]),
            "CLAIM",
            {
                "state": "CLAIMED",
                "claimed_at": at,
                "retaken": f"{run.run_id}/{redrives}",
                "open": "FILE",
                "open_since": at,
            },
            remove=("disposition",),
            condition="#owner = :me AND #state IN (:failed, :left)"
            " AND (attribute_not_exists(#retaken) OR #retaken <> :retaken)",
            names={"#owner": "owner"},
            values={":me": run.execution_arn, ":failed": "FAILED", ":left": "LEFT"},
        )
