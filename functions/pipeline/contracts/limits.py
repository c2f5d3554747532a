"""A contract's limits: when a person is asked, and when a run is refused without asking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from pipeline.contracts.document import Section
from pipeline.contracts.usual import LEAST_RUNS, Beyond

QUALITY_MEMBERS = (
    "ask_above", "ask_below", "ask_beyond", "compare_runs", "expected_every_hours",
    "refuse_above", "refuse_below", "refuse_beyond",
)  # fmt: skip
COMPARE_RUNS = 10
MAX_COMPARE_RUNS = 50
"""A manifest carries that many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """Exceeded if more than `rows` rows, or more than `ratio` of all rows, are rejected.

    `warnings` is a limit of its own: of things that are accepted although they look odd.
    """

    rows: int | None
    ratio: float | None
    warnings: int | None = None

    def is_exceeded(self, rejected: int, rows_in: int) -> bool:
        """Tell whether so many rejected rows are too many.

        >>> Threshold(rows=None, ratio=0.1).is_exceeded(1, 10)
        False
        """
        too_many = self.rows is not None and rejected > self.rows
        too_dense = self.ratio is not None and rejected > self.ratio * rows_in
        return too_many or too_dense


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What is kept quietly; whatever is not kept asks, or refuses."""

    above: Threshold
    """Rejected rows."""
    below: int
    """Rows of each file."""
    beyond: Beyond
    """Differences from what is usual."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """When a person is asked, when a run is refused, and when a dataset is missed."""

    ask: Limits
    refuse: Limits
    compare_runs: int
    """Loaded runs that say what is usual."""
    expected_every_hours: int | None

    @classmethod
    def parse(cls, section: Section) -> Self:
        """Read `sluice.quality`.

        Raises:
            ContractError: it cannot be honoured.
        """
        section.allow_only(QUALITY_MEMBERS)
        compare_runs = section.count("compare_runs", COMPARE_RUNS, least=LEAST_RUNS)
        if compare_runs is None or compare_runs > MAX_COMPARE_RUNS:
            raise section.refuse("compare_runs", f"at most {MAX_COMPARE_RUNS} runs are compared")
        return cls(
            ask=_limits(section, "ask", Threshold(rows=0, ratio=None), below=1),
            refuse=_limits(section, "refuse", Threshold(rows=None, ratio=None), below=0),
            compare_runs=compare_runs,
            expected_every_hours=section.count("expected_every_hours", None, least=1),
        )

    @property
    def compares(self) -> bool:
        """Whether any limit is about what is usual."""
        return self.compares_missing or any(
            beyond.volume is not None or beyond.rejected is not None for beyond in self._beyond
        )

    @property
    def compares_missing(self) -> bool:
        """Whether any limit is about rows that lack a value."""
        return any(beyond.missing is not None for beyond in self._beyond)

    @property
    def _beyond(self) -> tuple[Beyond, Beyond]:
        return self.ask.beyond, self.refuse.beyond


def _limits(section: Section, does: str, default: Threshold, *, below: int) -> Limits:
    return Limits(
        above=_threshold(section, f"{does}_above", default),
        below=_below(section, f"{does}_below", below),
        beyond=_beyond(section, f"{does}_beyond"),
    )


def _threshold(section: Section, name: str, default: Threshold) -> Threshold:
    if name not in section.members:
        return default
    limits = section.section(name)
    limits.allow_only(("rows", "ratio", "warnings"))
    warnings = limits.count("warnings", None)
    if not {"rows", "ratio"} & limits.members.keys():
        return replace(default, warnings=warnings)
    return Threshold(
        rows=limits.count("rows", None), ratio=limits.amount("ratio", most=1), warnings=warnings
    )


def _below(section: Section, name: str, default: int) -> int:
    if name not in section.members:
        return default
    limits = section.section(name)
    limits.allow_only(("rows",))
    return limits.count("rows", default) or 0


def _beyond(section: Section, name: str) -> Beyond:
    limits = section.section(name)
    limits.allow_only(("volume", "rejected", "missing"))
    return Beyond(
        volume=limits.amount("volume"),
        rejected=limits.amount("rejected", most=1),
        missing=limits.amount("missing", most=1),
    )
