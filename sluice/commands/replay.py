"""`sluice replay RUN|FILE`: run files once more."""

from __future__ import annotations

import click

from sluice.cloud import Cloud
from sluice.exits import NotFoundError
from sluice.options import open_cloud, operator_options, settings
from sluice.output import put, put_json, say
from sluice.replays import drop_again, is_key, start_by_hand
from sluice.runs import find_run_id, read_run


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


def _replay_run(cloud: Cloud, text: str, *, as_newest: bool) -> list[dict[str, str]]:
    run = read_run(cloud, find_run_id(cloud, text))
    kept = [file.key for file in run.files if file.disposition == "kept"]
    moved = [file for file in run.files if file.disposition in {"archived", "quarantined"}]
    if moved and not as_newest:
        say(
            f"{len(moved)} of {len(run.files)} files have left the landing zone; --as-newest drops "
            "them again, and their rows then count as the newest"
        )
    if not kept and not (moved and as_newest):
        raise NotFoundError(f"{run.run_id} has no file in the landing zone that could be replayed")
    started = start_by_hand(cloud, kept) if kept else []
    if as_newest:
        started += [drop_again(cloud, file) for file in moved]
    return started
