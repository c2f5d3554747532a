"""`sluice report RUN`: what can be sent to whoever sent the file."""

from __future__ import annotations

from pathlib import Path

import click

from sluice.options import open_cloud, operator_options, settings
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.runs.sender_report import report_page
from sluice.terminal.exits import OperatorError
from sluice.terminal.output import put_json, say


@click.command("report")
@click.argument("run")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it; report-RUN.html here without it.",
)
@click.option(
    "--rows",
    type=click.IntRange(0),
    default=0,
    help="Show at most so many rejected rows as they stand, with their values.",
)
@operator_options
def command(run: str, out: Path | None, rows: int) -> None:
    """Write what became of RUN as one HTML page for the sender of its files.

    It tells what was taken over, and line, column and reason of what was not; of ours it names
    nothing. Values of rows stand in it only with --rows.
    """
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    page = report_page(cloud, found, most_rows=rows)
    file = out or Path(f"report-{found.run_id}.html")
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"{file} cannot be written: {error.strerror}") from error
    if settings().json:
        put_json({"run_id": found.run_id, "file": str(file)})
    else:
        say(f"wrote {file}")
