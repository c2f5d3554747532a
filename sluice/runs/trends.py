"""How the last runs of a dataset went: rows, rejects by rule, durations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sluice.runs.reports import read_report
from sluice.runs.run import Run
from sluice.runs.run_list import Wanted, find_page
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError

RUNS = 30
_READERS = 8
"""Reports that are read side by side."""
_RULES = 6
"""The most frequent ones; the others are told in each run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleTrend:
    """A rule on a column, and how many rows broke it in each run."""

    column: str
    rule: str
    rows: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trends:
    """The last runs of a dataset that are over, the oldest first; numbers are in their order."""

    runs: tuple[Run, ...]
    rows_in: tuple[int, ...]
    rejected: tuple[int, ...]
    seconds: tuple[float, ...]
    rules: tuple[RuleTrend, ...]

    @property
    def usual_rows(self) -> int | None:
        """The median of the rows of earlier runs that were loaded; None if there are too few."""
        earlier = [
            rows for run, rows in zip(self.runs[:-1], self.rows_in, strict=False) if _counts(run)
        ]
        return round(median(earlier)) if len(earlier) >= 2 else None  # noqa: PLR2004


def _counts(run: Run) -> bool:
    """Whether a run says what is usual: it read rows, they were loaded, and stayed so."""
    return run.status == "LOADED" and run.undo is None and bool(run.counts.rows_in)


def read_trends(cloud: Cloud, dataset: str, now: datetime) -> Trends:
    """Read the last runs of a dataset, and the reports of those that rejected rows."""
    page = find_page(cloud, Wanted(dataset=dataset), size=RUNS)
    runs = [run for run in reversed(page.runs) if run.over]
    with ThreadPoolExecutor(_READERS) as readers:
        broken = list(readers.map(lambda run: _broken(cloud, run), runs))
    return Trends(
        runs=tuple(runs),
        rows_in=tuple(run.counts.rows_in or 0 for run in runs),
        rejected=tuple(run.counts.rejected or 0 for run in runs),
        seconds=tuple(run.seconds(now) for run in runs),
        rules=_rule_trends(broken),
    )


def _broken(cloud: Cloud, run: Run) -> Counter[tuple[str, str]]:
    """Rows by column and rule; nothing of a run that has no report (any more)."""
    if not run.counts.rejected or not run.report_uri:
        return Counter()
    try:
        report = read_report(cloud, run.report_uri)
    except NotFoundError:
        return Counter()
    return Counter(
        {(rule["column"] or "(whole row)", rule["rule"]): rule["rows"] for rule in report["rules"]}
    )


def _rule_trends(broken: Sequence[Counter[tuple[str, str]]]) -> tuple[RuleTrend, ...]:
    total = sum(broken, Counter[tuple[str, str]]())
    return tuple(
        RuleTrend(column=column, rule=rule, rows=tuple(each[column, rule] for each in broken))
        for (column, rule), _ in total.most_common(_RULES)
    )
