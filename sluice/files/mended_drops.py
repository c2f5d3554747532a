"""Mended rows on their way back: checked by the contract, then dropped as a part of their run."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.contract import Contract
from pipeline.layout import mend_key
from sluice.files.checks import Subject, check
from sluice.files.engines import with_duckdb
from sluice.runs.drops import Drop, drop_file
from sluice.runs.mending import mended_name, mended_text, one_file
from sluice.runs.run import Run, RunFile
from sluice.stack.cloud import Cloud
from sluice.stack.contracts import known_contract
from sluice.stack.project import find_project
from sluice.terminal.exits import OperatorError


@dataclass(frozen=True, kw_only=True, slots=True)
class MendedDrop:
    """What was dropped, and which rules rows of it still break; empty if none."""

    drop: Drop
    still_bad: str


def mendable_file(cloud: Cloud, run: Run, name: str | None) -> RunFile:
    """The file of a loaded run whose rejected rows can come back.

    Raises:
        NotFoundError: the run has rejected no row.
        OperatorError: it was not loaded, or several files have rejected rows.
    """
    if run.status != "LOADED" or not run.report_uri:
        raise OperatorError(
            f"{run.run_id} is {run.status}: nothing of it was loaded, so the whole file is to "
            f"be mended: `sluice fetch {run.run_id}`"
        )
    return one_file(cloud, run, run.report_uri, name)


def drop_mended(
    cloud: Cloud, run: Run, mended: Path, name: str | None, *, is_partly: bool
) -> MendedDrop:
    """Check and drop the CSV of a run's rejected rows that a person has mended.

    Raises:
        OperatorError: the file would be refused, or rows are still bad and `is_partly` is False.
    """
    source = mendable_file(cloud, run, name).key.rpartition("/")[2]
    contract = known_contract(find_project(Path.cwd()), run.dataset).mended
    with tempfile.TemporaryDirectory(prefix="sluice-mend-") as folder:
        file = Path(folder, mended_name(source))
        text = mended_text(mended, contract.dialect.delimiter, contract.dialect.canonical_quote)
        file.write_text(text, encoding="utf-8", newline="")
        bad = _still_bad(file, contract, Path(folder), mended, is_partly=is_partly)
        key = mend_key(run.dataset, str(run.report_uri), file.name)
        drop = drop_file(cloud, file, dataset=run.dataset, key=key)
    return MendedDrop(drop=drop, still_bad=bad)


def _still_bad(
    file: Path, contract: Contract, folder: Path, mended: Path, *, is_partly: bool
) -> str:
    """Judge the rows here, before they go anywhere."""
    subject = Subject(path=file, folder=folder / "out")
    [finding] = check([subject], contract, with_duckdb, folder / "work")
    report = finding.report
    if not finding.is_accepted:
        raise OperatorError(f"{mended.name} would be refused: {report['reason']['message']}")
    if not (bad := report["counts"]["rejected"]):
        return ""
    broken = ", ".join(
        f"{r['column'] or 'row'}: {r['rule']} ({r['rows']})" for r in report["rules"]
    )
    if not is_partly:
        raise OperatorError(
            f"{bad} rows of {mended.name} are still bad ({broken}): mend them, or drop it all the "
            "same (--partly)"
        )
    return f"{bad} rows are still bad: {broken}"
