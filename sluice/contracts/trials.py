"""A contract tried on a file, as `sluice check` judges it: what keeps it from being taken whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.contracts.contract import Contract
from sluice.files.checks import Finding, check, subjects
from sluice.files.engines import with_duckdb


def problems(file: Path, contract: Contract, rows: int | None = None) -> list[str]:
    """Return what keeps a file from being accepted whole; nothing if it is.

    `rows` is how many there are, by whoever drafted the contract and has seen all of them.
    """
    with tempfile.TemporaryDirectory(prefix="sluice-trial-") as folder:
        [finding] = check(
            subjects([file], Path(folder) / "out"), contract, with_duckdb, Path(folder) / "work"
        )
    if not finding.is_accepted:
        return [str(finding.report["reason"]["message"])]
    counts = finding.report["counts"]
    if rows not in {None, counts["rows_in"]}:
        return [f"the contract finds {counts['rows_in']:,} rows, where the draft saw {rows:,}"]
    return list(_broken(finding))


def _broken(finding: Finding) -> Iterator[str]:
    """Say each rule that rows break, with the first line where the sample has one."""
    lines = finding.first_errors
    for broken in finding.report["rules"]:
        rule = broken["column"], broken["rule"]
        where = f": {lines[rule]}" if rule in lines else ""
        yield f"{broken['column'] or 'row'}: {broken['rule']} ({broken['rows']} rows){where}"
