"""`sluice replay RUN|FILE`: run files once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from sluice.options import open_cloud, operator_options, settings
from sluice.runs.follow_ups import moved_files, replay
from sluice.runs.replays import is_key, start_by_hand
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.stack.cloud import Cloud
from sluice.terminal.output import put, put_json, say


@click.command("replay")
@click.argument("run_or_file", metavar="RUN|FILE")
@click.option(
    "--as-newest",
    is_flag=True,
    help="Also drop archived and quarantined files again; their rows then count as the newest.",
)
@operator_options
def command(run_or_file: str, *, as_newest: bool) -> None:
    """Run the files of RUN, or FILE (a key below incoming/), once more.

    Files that a failed run has kept in the landing zone are run as they are. Archived and
    quarantined files come back only with --as-newest, as new versions.
    """
    cloud = open_cloud()
    started = (
        start_by_hand(cloud, [run_or_file])
        if is_key(run_or_file)
        else _replay_run(cloud, run_or_file, as_newest=as_newest)
    )
    if settings().json:
        put_json(started)
        return
    for each in started:
        put(each.get("run_id") or f"dropped {each['key']}")


def _replay_run(cloud: Cloud, text: str, *, as_newest: bool) -> list[Mapping[str, Any]]:
    run = read_run(cloud, find_run_id(cloud, text))
    if (moved := moved_files(run)) and not as_newest:
        say(
            f"{len(moved)} of {len(run.files)} files have left the landing zone; --as-newest drops "
            "them again, and their rows then count as the newest"
        )
    return replay(cloud, run, as_newest=as_newest)
