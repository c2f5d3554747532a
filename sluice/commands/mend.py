"""`sluice mend RUN [FILE]`: rejected rows, mended by a person, back into their run's dataset."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from sluice.commands.outcome import put_outcome
from sluice.files.mended_drops import drop_mended, mendable_file
from sluice.options import open_cloud, operator_options, program, settings
from sluice.runs.drops import Drop
from sluice.runs.mending import write_mendable
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.runs.watching import await_run, watch_run
from sluice.stack.cloud import Cloud
from sluice.terminal.output import put, put_json, say


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
    original = mendable_file(cloud, found, name)
    if file is None:
        file = Path(f"mend-{found.run_id}.csv")
        rows = write_mendable(cloud, found, str(found.report_uri), original, file)
        say(f"{file}: {rows} rows")
        if not sys.stdin.isatty():
            say(f"mend them, then: {program()} mend {found.run_id} {file}")
            return
        click.edit(filename=str(file))
    mended = drop_mended(cloud, found, file, name, is_partly=partly)
    if mended.still_bad:
        say(mended.still_bad)
    dropped = mended.drop
    say(f"dropped s3://{dropped.bucket}/{dropped.key}")
    if not follow:
        _tell_drop(dropped)
        return
    context.exit(_follow(cloud, dropped))


def _tell_drop(drop: Drop) -> None:
    if settings().json:
        put_json({"bucket": drop.bucket, "key": drop.key, "version_id": drop.version_id})
    else:
        put(f"s3://{drop.bucket}/{drop.key} (version {drop.version_id})")


def _follow(cloud: Cloud, drop: Drop) -> int:
    run = watch_run(cloud, await_run(cloud, drop, time.sleep), time.sleep)
    put_outcome(run)
    return run.exit_code
