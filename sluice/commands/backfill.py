"""`sluice backfill PREFIX`: start runs for a folder of old files, paced."""

from __future__ import annotations

import click

from sluice.options import open_cloud, operator_options, settings
from sluice.runs.backfills import carry_out, plan
from sluice.terminal.output import put, put_json, say


@click.command("backfill")
@click.argument("prefix")
@click.option("--yes", is_flag=True, help="Start the runs; without it the plan is all.")
@click.option(
    "--rate", type=click.FloatRange(min=0.01), default=20.0, metavar="N", help="Files a second."
)
@click.option(
    "--in-flight", type=click.IntRange(min=1), default=5, metavar="N", help="Open runs at once."
)
@operator_options
def command(prefix: str, *, yes: bool, rate: float, in_flight: int) -> None:
    """Start runs for the files below PREFIX, such as incoming/addresses/2019/, that wait for one.

    Shows what would be started; --yes starts it. Files that a run has taken are left out, so the
    same command goes on after it was broken off.
    """
    if not prefix.startswith("incoming/"):
        raise click.UsageError("PREFIX begins with incoming/, as keys of the landing zone do")
    cloud = open_cloud()
    planned = plan(cloud, prefix)
    told = (
        f"{planned.files} files ({planned.size_bytes:,} bytes) in {len(planned.runs)} runs, "
        f"at least {planned.files / rate:,.0f} s; {planned.taken} are taken, "
        f"{planned.left_alone} left alone"
    )
    if not yes:
        if settings().json:
            put_json(planned.as_document())
        else:
            put(told)
        say("nothing was started: add --yes")
        return
    say(told)
    started = []
    for run in carry_out(cloud, planned, rate=rate, in_flight=in_flight):
        started.append(run)
        if not settings().json:
            put(run["run_id"])
    if settings().json:
        put_json(planned.as_document() | {"started": started})
