"""Any order of drops, runs, deaths and repeated settlements, with a crash at any step."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from pipeline.runs.records import Claim, SettledFile
from pipeline.runs.settlement import MAX_FAILURES, Ending, Reason
from stores.shelves import RunEnd, Shelves

LANDING, WORK, KEY = "landing", "work", "incoming/d/a.csv"


class CrashError(Exception):
    """The function died here; whether its last request was applied is up to the test."""


@dataclass
class Crashes:
    """Lets the n-th request from now fail, before or after it is applied."""

    after: int = -1
    applied: bool = False

    def around(self, request: Callable[[], Any]) -> Any:
        self.after -= 1
        if self.after == 0 and not self.applied:
            raise CrashError
        answer = request()
        if self.after == 0:
            raise CrashError
        return answer


@dataclass
class MemoryS3:
    """The few requests of S3 that a settlement makes; an object is its ETag."""

    crashes: Crashes
    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def head_object(self, *, Bucket: str, Key: str, VersionId: str = "") -> Any:  # noqa: N803
        return self.crashes.around(lambda: self._head((Bucket, Key + VersionId)))

    def get_object(self, *, Bucket: str, Key: str, VersionId: str, **_: Any) -> Any:  # noqa: N803
        self.crashes.around(lambda: self._head((Bucket, Key + VersionId)))
        return {"Body": io.BytesIO()}

    def copy_object(self, **request: Any) -> None:
        source = request["CopySource"]
        found = self._head((source["Bucket"], source["Key"] + source["VersionId"]))
        copy = {**found, "Metadata": request["Metadata"]}
        place = (request["Bucket"], request["Key"])
        self.crashes.around(lambda: self.objects.update({place: copy}))

    def put_object(self, *, Bucket: str, Key: str, **_: Any) -> None:  # noqa: N803
        self.crashes.around(lambda: self.objects.update({(Bucket, Key): {}}))

    def delete_object(self, *, Bucket: str, Key: str, VersionId: str) -> None:  # noqa: N803
        self.crashes.around(lambda: self.objects.pop((Bucket, Key + VersionId), None))

    def _head(self, place: tuple[str, str]) -> dict[str, Any]:
        if place not in self.objects:
            error: Any = {"Error": {"Code": "404"}}
            raise ClientError(error, "HeadObject")
        return self.objects[place]


@dataclass
class MemoryClaims:
    """Claims that are kept in memory, under the same conditions."""

    crashes: Crashes
    kept: dict[str, Claim] = field(default_factory=dict)

    def settle(self, claim: Claim, *, disposition: str, destination_uri: str) -> bool:
        changes = {
            "state": "SETTLED",
            "disposition": disposition,
            "destination_uri": destination_uri,
        }
        return self._change(claim, lambda _: True, changes)

    def fail(self, claim: Claim, end: Ending) -> bool:
        changes = {
            "state": "FAILED",
            "failed_runs": end.failed_runs,
            "failures": len(end.failed_runs),
            "interrupted_runs": end.interrupted_runs,
        }
        return self._change(claim, lambda current: current.state != "SETTLED", changes)

    def _change(
        self, claim: Claim, condition: Callable[[Claim], bool], changes: dict[str, Any]
    ) -> bool:
        current = self.kept[claim.version_id]
        if current.owner != claim.owner or not condition(current):
            return False
        changed = replace(current, **changes)
        self.crashes.around(lambda: self.kept.update({claim.version_id: changed}))
        return True


class Life(RuleBasedStateMachine):
    """Versions are dropped, runs claim them, end or die, and settle as often as they like."""

    versions = Bundle("versions")

    def __init__(self) -> None:
        super().__init__()
        self.crashes = Crashes()
        self.s3, self.claims = MemoryS3(self.crashes), MemoryClaims(self.crashes)
        self.shelves = Shelves(self.s3, self.claims, WORK)  # type: ignore[arg-type]
        self.dropped: list[str] = []
        self.runs = 0

    @rule(target=versions)
    def drop(self) -> str:
        version = f"v{len(self.dropped)}"
        self.dropped.append(version)
        head = {"ContentLength": 1, "ETag": f'"{version}"', "Metadata": {}}
        self.s3.objects[(LANDING, KEY + version)] = head
        return version

    @rule(version=versions)
    def claim(self, version: str) -> None:
        """Claim as the state machine does: a new file, or one that failed less than three times."""
        current = self.claims.kept.get(version)
        self.runs += 1
        owner = f"arn:execution:r{self.runs}"
        if current is None:
            self.claims.kept[version] = Claim(
                bucket=LANDING,
                key=KEY,
                version_id=version,
                owner=owner,
                run_id=f"r{self.runs}",
                dataset="d",
                state="CLAIMED",
            )
        elif current.state == "FAILED" and current.failures < MAX_FAILURES:
            run_id = f"r{self.runs}"
            claimed = replace(current, owner=owner, run_id=run_id, state="CLAIMED")
            self.claims.kept[version] = claimed

    @rule(version=versions)
    def redrive(self, version: str) -> None:
        """The run that failed goes on and takes its file back."""
        current = self.claims.kept.get(version)
        if current is not None and current.state == "FAILED":
            self.claims.kept[version] = replace(current, state="CLAIMED")

    @rule(
        version=versions,
        by=st.integers(1, 8),
        disposition=st.sampled_from(["accepted", "refused", "failed", "loaded", "duplicate"]),
        status=st.sampled_from(["LOADED", "REFUSED", "REJECTED", "EXPIRED", "FAILED"]),
        crash=st.tuples(st.integers(-1, 8), st.booleans()),
        buried=st.booleans(),
    )
    def settle(  # noqa: PLR0917 - hypothesis passes them by name
        self,
        version: str,
        by: int,
        disposition: str,
        status: str,
        crash: tuple[int, bool],
        buried: bool,
    ) -> None:
        """Settle by the owner, or by some run that only believes to be it."""
        claim = self.claims.kept.get(version)
        if claim is None:
            return
        run_id = claim.run_id if by > 2 else f"r{by}"
        run = RunEnd(
            run_id=run_id,
            dataset="d",
            execution_arn=f"arn:execution:{run_id}",
            status=status,
            reason=Reason(code="why", message="because"),
        )
        self.crashes.after, self.crashes.applied = crash
        with contextlib.suppress(CrashError):
            self._settle(run, version, disposition)
        self.crashes.after = -1
        if buried:  # it was never tried again: the run is dead, and the sweep releases its file
            self._settle(replace(run, status="FAILED"), version, "failed")
        else:
            self._settle(run, version, disposition)

    def _settle(self, run: RunEnd, version: str, disposition: str) -> SettledFile:
        claim = self.claims.kept[version]
        settled = self.shelves.settle(run, claim, disposition=disposition, reason=None)
        if claim.owner != run.execution_arn:
            assert settled.disposition == "duplicate"
            assert self.claims.kept[version] == claim
        return settled

    @invariant()
    def each_version_is_in_exactly_one_place(self) -> None:
        for version in self.dropped:
            landed = (LANDING, KEY + version) in self.s3.objects
            put_away = [
                key
                for bucket, key in self.s3.objects
                if bucket == WORK and f"/{version}/" in key and not key.endswith(".reason.json")
            ]
            claim = self.claims.kept.get(version)
            settled = claim is not None and claim.state == "SETTLED"
            assert len(put_away) == (1 if settled else 0)
            assert landed is not settled

    @invariant()
    def what_is_settled_lies_where_the_claim_says(self) -> None:
        for claim in self.claims.kept.values():
            assert claim.failures == len(set(claim.failed_runs)) < MAX_FAILURES
            if claim.state == "SETTLED":
                key = claim.destination_uri.removeprefix(f"s3://{WORK}/")
                assert (WORK, key) in self.s3.objects
                reason = (WORK, f"{key}.reason.json") in self.s3.objects
                assert reason is (claim.disposition == "quarantined")


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=80, stateful_step_count=30)
