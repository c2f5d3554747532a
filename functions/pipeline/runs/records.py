"""The control table's records as frozen values: runs, loads, claims (approvals: see `gate`).

`from_item` reads plain values (see `attributes`), as docs/reference/formats.md names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pipeline.runs import cause
from pipeline.runs.settlement import TERMINAL, Reason, Stop
from pipeline.runs.verdict import LOAD, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class SettledFile:
    """What a run did with one file."""

    key: str
    version_id: str
    disposition: str
    destination_uri: str = ""

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Read the document that Settle Files returned."""
        return cls(
            key=str(document["key"]),
            version_id=str(document["version_id"]),
            disposition=str(document["disposition"]),
            destination_uri=str(document.get("destination_uri") or ""),
        )

    def as_document(self) -> dict[str, str]:
        """The file as states and the run's record carry it."""
        return {
            "key": self.key,
            "version_id": self.version_id,
            "disposition": self.disposition,
            "destination_uri": self.destination_uri,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """One run: open until it has ended and somebody was told."""

    run_id: str
    dataset: str
    trigger: str
    execution_arn: str
    status: str
    started_at: str = ""
    ended_at: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    files: tuple[SettledFile, ...] = ()
    report_uri: str = ""
    error: str = ""
    cause: str = ""
    reason: Reason | None = None
    approval: Mapping[str, Any] | None = None
    approval_id: str = ""
    taken_over_from: str = ""
    """The runs that decided to load its rows, where nobody was asked again."""
    redrives: int | None = None
    """How often the execution had been redriven when it died; None if the run wrote its own end."""
    notice: str = "PENDING"
    stop: Stop | None = None
    """The order of a person who stopped it, until a redrive takes that back."""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Read the record."""
        return cls(
            run_id=item["run_id"],
            dataset=item["dataset"],
            trigger=item.get("trigger", ""),
            execution_arn=item.get("execution_arn", ""),
            status=item["status"],
            started_at=item.get("started_at", ""),
            ended_at=item.get("ended_at", ""),
            counts=item.get("counts") or {},
            files=tuple(SettledFile.parse(file) for file in item.get("files") or []),
            report_uri=item.get("report_uri", ""),
            error=item.get("error", ""),
            cause=item.get("cause", ""),
            reason=Reason.parse(item.get("reason")),
            approval=item.get("approval"),
            approval_id=item.get("approval_id", ""),
            taken_over_from=item.get("taken_over_from", ""),
            redrives=item.get("redrives"),
            notice=item.get("notice", "PENDING"),
            stop=Stop.parse(item.get("stop")),
        )

    @property
    def ended(self) -> bool:
        """True once the record says how the run ended."""
        return self.status in TERMINAL

    @property
    def why(self) -> str:
        """Why the run did not load, in one sentence; empty if it did."""
        reason = self.reason.message if self.reason else ""
        return cause.of_run(status=self.status, error=self.error, cause=self.cause, reason=reason)


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadCounts:
    """How the rows of one part fared, and how many of its rows have been judged so far."""

    loaded: int = 0
    replayed: int = 0
    superseded: int = 0
    duplicates: int = 0
    fresh: int = 0
    """Of those that are loaded: rows whose key the table did not hold before."""
    rows_done: int = 0

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Read the record; other attributes are ignored."""
        return cls(**{name: item.get(name, 0) for name in cls.__slots__})

    @property
    def outcomes(self) -> dict[str, int]:
        """How many rows had which outcome."""
        return {
            "loaded": self.loaded,
            "replayed": self.replayed,
            "superseded": self.superseded,
            "duplicates": self.duplicates,
        }

    @property
    def total(self) -> int:
        """Rows that have an outcome."""
        return sum(self.outcomes.values())

    def __add__(self, other: LoadCounts) -> LoadCounts:
        """Sum both, field by field."""
        return LoadCounts(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__slots__}
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Who takes care of a file version, and how that went."""

    bucket: str
    key: str
    version_id: str
    owner: str
    """ARN of the owning execution."""
    run_id: str
    dataset: str
    state: str
    disposition: str = ""
    destination_uri: str = ""
    failures: int = 0
    failed_runs: tuple[str, ...] = ()
    interrupted_runs: tuple[str, ...] = ()
    """Runs that a fault of a service ended; they do not count towards quarantine."""
    claimed_at: str = ""
    retaken: str = ""
    """The redrive, `<run_id>/<count>`, by which a run that had failed took the file back last."""
    requester: str = ""
    """Who put the file there, as S3's event said to the first run of it."""
    verdict: Verdict | None = None
    """Whether the rows are loaded, once that is decided."""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Read the record; bucket, version and key stand in its partition key."""
        _, bucket, version_id, key = item["pk"].split("#", 3)
        return cls(
            bucket=bucket,
            key=key,
            version_id=version_id,
            owner=item["owner"],
            run_id=item["run_id"],
            dataset=item["dataset"],
            state=item["state"],
            disposition=item.get("disposition", ""),
            destination_uri=item.get("destination_uri", ""),
            failures=item.get("failures", 0),
            failed_runs=tuple(item.get("failed_runs", ())),
            interrupted_runs=tuple(item.get("interrupted_runs", ())),
            claimed_at=item.get("claimed_at", ""),
            retaken=item.get("retaken", ""),
            requester=item.get("requester", ""),
            verdict=Verdict.parse(item.get("verdict")),
        )

    @property
    def to_be_loaded(self) -> bool:
        """True once a run has decided to load the file."""
        return self.verdict is not None and self.verdict.decision == LOAD
