"""`sluice mend RUN [FILE]`: rejected rows, mended by a person, back into their run's dataset."""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.contract import Contract
from pipeline.contract_shelf import load_contract
from pipeline.layout import mend_key
from sluice.checks import Subject, check
from sluice.cloud import Cloud
from sluice.commands.outcome import outcome_lines
from sluice.drops import Drop, drop_file
from sluice.engines import with_duckdb
from sluice.exits import OperatorError
from sluice.mending import mended_text, one_file, write_mendable
from sluice.options import open_cloud, operator_options, program, settings
from sluice.output import put, put_json, put_lines, say
from sluice.project import find_project
from sluice.runs import Run, find_run_id, read_run, result_document
from sluice.watching import await_run, gate_hint, watch_run


@click.command("mend")
@click.argument("run")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--file", "name", metavar="NAME", help="The file of the run, where it has several.")
@click.option("--partly", is_flag=True, help="Drop it even if rows are still bad.")
@click.option("--follow/--no-follow", default=True, help="Wait for the end of the new run.")
@operator_options
@click.pass_context
def command(
    context: click.Context,
    run: str,
    file: Path | None,
    name: str | None,
    *,
    partly: bool,
    follow: bool,
) -> None:
    """Check and drop FILE, the mended rows of RUN; without FILE write it and open an editor.

    The rows are judged as a part of RUN, so that few bad ones are not many of the mended.
    """
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    if found.status != "LOADED" or not found.report_uri:
        raise OperatorError(
            f"{found.run_id} is {found.status}: nothing of it was loaded, so the whole file is to "
            f"be mended: `sluice fetch {found.run_id}`"
        )
    original = one_file(cloud, found, found.report_uri, name)
    if file is None:
        file = Path(f"mend-{found.run_id}.csv")
        rows = write_mendable(cloud, found, found.report_uri, original, file)
        say(f"{file}: {rows} rows")
        if not sys.stdin.isatty():
            say(f"mend them, then: {program()} mend {found.run_id} {file}")
            return
        click.edit(filename=str(file))
    dropped = _drop(cloud, found, file, original.key.rpartition("/")[2], partly=partly)
    say(f"dropped s3://{dropped.bucket}/{dropped.key}")
    if not follow:
        _tell_drop(dropped)
        return
    context.exit(_follow(cloud, dropped))


def _drop(cloud: Cloud, run: Run, mended: Path, name: str, *, partly: bool) -> Drop:
    contracts = find_project(Path.cwd()) / "functions" / "contracts"
    contract = load_contract(contracts / f"{run.dataset}.json")
    with tempfile.TemporaryDirectory(prefix="sluice-mend-") as folder:
        file = Path(folder, name.removesuffix(".gz"))
        text = mended_text(mended, contract.dialect.delimiter, contract.dialect.quote)
        file.write_text(text, encoding="utf-8", newline="")
        _check(file, contract, Path(folder), mended, partly=partly)
        key = mend_key(run.dataset, str(run.report_uri), file.name)
        return drop_file(cloud, file, dataset=run.dataset, now=datetime.now(UTC), key=key)


def _check(file: Path, contract: Contract, folder: Path, mended: Path, *, partly: bool) -> None:
    """Judge the rows here, before they go anywhere.

    Raises:
        OperatorError: the file would be refused, or rows are still bad.
    """
    subject = Subject(path=file, folder=folder / "out")
    [finding] = check([subject], contract, with_duckdb, folder / "work")
    report = finding.report
    if not finding.is_accepted:
        raise OperatorError(f"{mended} would be refused: {report['reason']['message']}")
    if not (bad := report["counts"]["rejected"]):
        return
    broken = ", ".join(
        f"{r['column'] or 'row'}: {r['rule']} ({r['rows']})" for r in report["rules"]
    )
    if not partly:
        raise OperatorError(f"{bad} rows of {mended} are still bad ({broken}); or add --partly")
    say(f"{bad} rows are still bad: {broken}")


def _tell_drop(drop: Drop) -> None:
    if settings().json:
        put_json({"bucket": drop.bucket, "key": drop.key, "version_id": drop.version_id})
    else:
        put(f"s3://{drop.bucket}/{drop.key} (version {drop.version_id})")


def _follow(cloud: Cloud, drop: Drop) -> int:
    run = watch_run(cloud, await_run(cloud, drop, time.sleep), time.sleep)
    seconds = run.seconds(datetime.now(UTC))
    if settings().json:
        put_json(result_document(run, seconds))
    else:
        put_lines(outcome_lines(run, seconds))
    if run.approval_id:
        say(*gate_hint(run))
    return run.exit_code
