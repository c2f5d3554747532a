"""What is usual for a dataset: what its last loaded runs had, and how far a run is from it.

A file of a run is compared with the median of rows for each file; a run's share of rejected rows,
and of valid rows without a value of some field, with that of all the runs before it together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

LEAST_RUNS = 3
"""Of fewer runs nobody can say what is usual."""

DIGITS = 9
"""Of differences between shares: ten in a hundred more is not beyond 0.1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Beyond:
    """How far from the usual a run may be."""

    volume: float | None
    """Of a file: the part of the usual rows by which it may have more or fewer."""
    rejected: float | None
    """The share of rejected rows that may come on top of the usual one."""
    missing: float | None
    """By how much the share of rows without a value may differ, for each field."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """What a run is compared by."""

    rows: Mapping[str, int]
    """Of each file by its name."""
    rejected: float
    """The share of rejected rows."""
    missing: Mapping[str, float]
    """For each field that was counted, the share of valid rows that lack a value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """What the last loaded runs of a dataset had."""

    runs: int
    rows_per_file: float
    rejected: float
    missing: Mapping[str, float]

    @classmethod
    def of(cls, past: Sequence[Mapping[str, Any]]) -> Self | None:
        """Sum up runs given as `{files, rows_in, valid, rejected, values}`.

        Returns `None` if there are too few.
        """
        counted = [run for run in past if run["files"] and run["rows_in"]]
        if len(counted) < LEAST_RUNS:
            return None
        rows_in = sum(run["rows_in"] for run in counted)
        return cls(
            runs=len(counted),
            rows_per_file=median(run["rows_in"] / run["files"] for run in counted),
            rejected=sum(run["rejected"] for run in counted) / rows_in,
            missing=_missing([run for run in counted if run.get("values") and run["valid"]]),
        )

    def strange(self, run: Numbers, does: str, beyond: Beyond) -> Iterator[str]:
        """Yield a sentence for whatever is beyond the usual; `does` says what follows from it."""
        usual = f"usual by the last {self.runs} runs; the contract {does} beyond"
        if beyond.volume is not None:
            for name, rows in run.rows.items():
                change = rows / self.rows_per_file - 1
                if round(abs(change), DIGITS) > beyond.volume:
                    yield (
                        f"{name} has {rows} rows, {change:+.0%} beside the "
                        f"{self.rows_per_file:.0f} that are {usual} {beyond.volume:.4g}"
                    )
        more = round(run.rejected - self.rejected, DIGITS)
        if beyond.rejected is not None and more > beyond.rejected:
            yield (
                f"{run.rejected:.2%} of the rows are rejected, where {self.rejected:.2%} are "
                f"{usual} {beyond.rejected:.4g} more"
            )
        if beyond.missing is not None:
            for name in sorted(run.missing.keys() & self.missing.keys()):
                share, before = run.missing[name], self.missing[name]
                if round(abs(share - before), DIGITS) > beyond.missing:
                    yield (
                        f"{name} has no value in {share:.2%} of the rows, where {before:.2%} are "
                        f"{usual} {beyond.missing:.4g} more or fewer"
                    )


def _missing(past: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the share of rows that lack a value, for fields that enough runs have counted."""
    found = {}
    for name in {name for run in past for name in run["values"]}:
        runs = [run for run in past if name in run["values"]]
        valid = sum(run["valid"] for run in runs)
        if len(runs) >= LEAST_RUNS:
            found[name] = 1 - sum(run["values"][name] for run in runs) / valid
    return found
