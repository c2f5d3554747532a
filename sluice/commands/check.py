"""`sluice check FILE…`: what the pipeline would make of files, before anybody drops them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from sluice.commands.dropping import choose_dataset
from sluice.files.checks import Engine, Finding, Subject, check, subjects
from sluice.files.engines import with_duckdb, with_spark
from sluice.options import operator_options, settings
from sluice.stack.contracts import contract_in, contract_path
from sluice.stack.project import find_project
from sluice.terminal.exits import Exit, OperatorError
from sluice.terminal.output import put_json, put_lines
from sluice.terminal.render import table

# DuckDB is the faster one on a single machine, whatever the size.
ENGINES: dict[str, Engine] = {"auto": with_duckdb, "duckdb": with_duckdb, "spark": with_spark}

_AT_THE_GATE = {
    "ask": "the gate would ask a person",
    "refuse": "the gate would refuse the run",
}

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option(
    "--contract",
    "given",
    type=_FILE,
    help="The contract; without it that of the dataset that a file's name or folder tells.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the results below DIR: one folder per file.",
)
@click.option("--engine", type=click.Choice(list(ENGINES)), default="auto", show_default=True)
@operator_options
def command(files: Sequence[Path], given: Path | None, out: Path | None, engine: str) -> None:
    """Judge FILES by their contracts without any cloud.

    With --out each file gets a folder with valid.jsonl, rejected.jsonl and report.json, as the
    validators and the conversion of the pipeline would have it. Exit code 1 if a file is refused.
    """
    with tempfile.TemporaryDirectory(prefix="sluice-check-") as workspace:
        batches: dict[Path, list[Subject]] = {}
        for subject in subjects(files, out or Path(workspace, "out")):
            batches.setdefault(given or _contract_of(subject.path), []).append(subject)
        contracts = {path: contract_in(path) for path in batches}
        try:
            found = [
                finding
                for number, (path, batch) in enumerate(batches.items())
                for finding in check(
                    batch, contracts[path], ENGINES[engine], Path(workspace, str(number))
                )
            ]
        except OSError as error:
            raise OperatorError(f"{error.filename or out}: {error.strerror or error}") from error
    if settings().json:
        put_json(_document(found, is_kept=out is not None), indent=2)
    else:
        put_lines(_lines(found))
    if not all(finding.is_accepted for finding in found):
        click.get_current_context().exit(Exit.RUN_FAILED)


def _contract_of(file: Path) -> Path:
    """The contract of the dataset that a file's name or folder tells.

    Raises:
        click.UsageError: neither tells one.
    """
    return find_project(Path.cwd()) / contract_path(choose_dataset(file, None))


def _document(found: Sequence[Finding], *, is_kept: bool) -> dict[str, object]:
    accepted = sum(finding.is_accepted for finding in found)
    files = [
        {"folder": str(finding.subject.folder) if is_kept else None, **_without_sample(finding)}
        for finding in found
    ]
    return {"accepted": accepted, "refused": len(found) - accepted, "files": files}


def _without_sample(finding: Finding) -> dict[str, object]:
    """Return the report without row values: those stay in the folder."""
    return {name: value for name, value in finding.report.items() if name != "sample"}


def _lines(found: Sequence[Finding]) -> Iterator[str]:
    heads = ["file", "verdict", "rows", "valid", "rejected", "why"]
    rows = [_row(finding) for finding in found]
    yield from table(heads, rows, right=["rows", "valid", "rejected"])
    for finding in found:
        for error in finding.first_errors.values():
            yield f"{finding.subject.path}: {error}"
        for warning in finding.warnings:
            yield f"{finding.subject.path}: warning: {warning}"
        yield from _gate_lines(finding)


def _gate_lines(finding: Finding) -> Iterator[str]:
    """What an accepted file meets next, where the gate would not just let it pass."""
    gate = finding.report.get("gate") or {"verdict": "accept"}
    if (verdict := gate["verdict"]) in _AT_THE_GATE:
        why = "; ".join(gate["reasons"])
        yield f"{finding.subject.path}: {_AT_THE_GATE[verdict]}: {why}"


def _row(finding: Finding) -> list[str]:
    report = finding.report
    name = str(finding.subject.path)
    if not finding.is_accepted:
        return [name, "refused", "", "", "", report["reason"]["message"]]
    counts = report["counts"]
    numbers = [str(counts[key]) for key in ("rows_in", "valid", "rejected")]
    broken = ", ".join(
        f"{r['column'] or 'row'}: {r['rule']} ({r['rows']})" for r in report["rules"]
    )
    return [name, "accepted", *numbers, broken]
