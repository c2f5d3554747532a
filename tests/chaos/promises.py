"""The six promises as figures: what is lost, doubled, stale, misplaced or untold after a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.scenario import Drop, Row

Item = Mapping[str, str]

TERMINAL = frozenset({"LOADED", "DUPLICATE", "REFUSED", "REJECTED", "EXPIRED", "FAILED"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A dropped version with what became of it."""

    drop: Drop
    version_id: str
    source_version: str | None
    run_id: str
    disposition: str
    places: tuple[str, ...]
    bytes_equal: bool
    published: tuple[Item, ...] = ()
    """Its published rows, without their origin, in the order of the parts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """The record of a run, and what was heard of it."""

    run_id: str
    status: str
    execution_status: str
    counts: Mapping[str, int]
    notices: int
    approved_sha256: str
    report_sha256: str
    asked: bool
    taken_over: bool
    """Whether it loaded on the word of an earlier run, which had asked."""


FIGURES = {
    "lost": "rows lost",
    "duplicated": "duplicated",
    "stale": "stale",
    "misplaced": "files misplaced",
    "untold": "runs without notice",
    "unapproved": "loaded without approval",
    "unarchived": "rows whose file is not archived",
    "unpublished": "files published otherwise than loaded",
    "unbalanced": "counts that do not add up",
    "unsettled": "left open",
    "leaked": "secrets leaked",
}
"""The figures and how they are called; each of them should be 0."""


@dataclass(slots=True)
class Tally:
    """The figures of one seed, or of many; every one of them should be 0."""

    lost: int = 0
    duplicated: int = 0
    stale: int = 0
    misplaced: int = 0
    untold: int = 0
    unapproved: int = 0
    unarchived: int = 0
    unpublished: int = 0
    unbalanced: int = 0
    unsettled: int = 0
    leaked: int = 0
    details: list[str] = field(default_factory=list)

    def add(self, kind: str, detail: str) -> None:
        """Count one broken promise."""
        setattr(self, kind, getattr(self, kind) + 1)
        self.details.append(f"{kind}: {detail}")

    def include(self, other: Tally) -> None:
        """Add the figures of another seed."""
        for name in FIGURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.details += other.details

    def line(self, *, faults: int, survived: int, seeds: int) -> str:
        """The figures as one line."""
        figures = ", ".join(f"{text} {getattr(self, name)}" for name, text in FIGURES.items())
        return f"{seeds} seeds, faults injected {faults}, survived {survived}; {figures}"

    @property
    def broken(self) -> int:
        """How many promises were broken in all."""
        return len(self.details)


def expected(versions: Iterable[Version]) -> dict[str, Row]:
    """The table as it must be: the newest valid row of each key among the loaded files."""
    loaded = [v for v in versions if v.disposition == "archived" and v.source_version]
    rows: dict[str, Row] = {}
    for version in sorted(loaded, key=lambda v: v.source_version or ""):
        rows.update({row.id: row for row in version.drop.rows if row.valid})
    return rows


def judge_table(tally: Tally, versions: Sequence[Version], items: Sequence[Item]) -> None:
    """Promises 1 and 2: no valid row is lost, doubled, or overwritten by an older one."""
    wanted = expected(versions)
    found = {item["id"]: item for item in items}
    for key, count in Counter(item["id"] for item in items).items():
        if count > 1:
            tally.add("duplicated", f"{count} items of {key}")
    for key in sorted(wanted.keys() - found.keys()):
        tally.add("lost", f"row {key}")
    for key in sorted(found.keys() - wanted.keys()):
        tally.add("unapproved", f"item {key} is of no loaded file")
    for key in sorted(wanted.keys() & found.keys()):
        if dict(found[key]) != wanted[key].as_item():
            tally.add("stale", f"item {key} is {found[key]['address_1']!r}")


def judge_origins(tally: Tally, versions: Sequence[Version], origins: Iterable[str]) -> None:
    """Rows of a file are in the table if and only if the file is in the archive.

    That archived files' rows are there, `judge_table` has seen.
    """
    archived = {v.source_version for v in versions if v.disposition == "archived"}
    for origin in sorted(set(origins) - archived):
        tally.add("unarchived", f"rows of {origin}")


def judge_published(tally: Tally, versions: Sequence[Version]) -> None:
    """The rows of each archived file are published once and in order, and no others are."""
    for version in versions:
        given = [row.as_item() for row in version.drop.rows if row.valid]
        wanted = given if version.disposition == "archived" else []
        if [dict(row) for row in version.published] != wanted:
            name = f"{version.drop.name} version {version.version_id}"
            tally.add(
                "unpublished",
                f"{name} ({version.disposition}): {len(version.published)} of {len(wanted)} rows",
            )


def judge_files(tally: Tally, versions: Sequence[Version]) -> None:
    """Promise 3: each version is in exactly one of archive and quarantine, byte for byte."""
    for version in versions:
        name = f"{version.drop.name} version {version.version_id}"
        if len(version.places) != 1:
            tally.add("misplaced", f"{name} is in {version.places or 'no place'}")
        elif not version.bytes_equal:
            tally.add("misplaced", f"{name} was altered on the way to {version.places[0]}")
        if version.drop.poisoned and version.disposition == "archived":
            tally.add("misplaced", f"{name} is broken and was accepted")


def judge_runs(tally: Tally, runs: Sequence[Run]) -> None:
    """Promises 4 and 5, and the two equations."""
    for run in runs:
        if run.status not in TERMINAL:
            tally.add("unsettled", f"{run.run_id} is {run.status} ({run.execution_status})")
            continue
        succeeded = run.execution_status == "SUCCEEDED"
        if succeeded != (run.status in {"LOADED", "DUPLICATE"}):
            tally.add("unsettled", f"{run.run_id} says {run.status}, AWS {run.execution_status}")
        if not run.notices:
            tally.add("untold", run.run_id)
        if run.status == "LOADED":
            _judge_load(tally, run)


def _judge_load(tally: Tally, run: Run) -> None:
    counts = run.counts
    written = sum(counts[name] for name in ("loaded", "replayed", "superseded", "duplicates"))
    if counts["rows_in"] != counts["valid"] + counts["rejected"] or counts["valid"] != written:
        tally.add("unbalanced", f"{run.run_id}: {dict(counts)}")
    if run.asked and not run.taken_over and run.approved_sha256 != run.report_sha256:
        tally.add("unapproved", f"{run.run_id} loaded what nobody approved")
    if counts["rejected"] and not (run.asked or run.taken_over):
        tally.add("unapproved", f"{run.run_id} loaded beside rejected rows without asking")
