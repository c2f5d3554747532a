"""`sluice work`: this machine converts, in the place of Lambda and Glue."""

from __future__ import annotations

import platform

import click

from sluice.options import open_cloud, operator_options
from sluice.stack.local import ended_by_sigterm
from sluice.terminal.exits import NotFoundError
from sluice.terminal.output import say


@click.command("work")
@click.option("--name", help="What the worker is called in histories; the host's name if left out.")
@click.option("--threads", type=click.IntRange(1), help="Splits at a time; one a processor.")
@click.option("--memory", "gibibytes", type=click.FloatRange(0.5), help="GiB that DuckDB may hold.")
@click.option("--once", is_flag=True, help="End when nothing waits any more.")
@operator_options
def command(name: str | None, threads: int | None, gibibytes: float | None, *, once: bool) -> None:
    """Fetch and do conversions of this stack, until Ctrl-C; as many workers as you like.

    The stack must be deployed with OwnWorkers above 0.
    """
    from sluice.files.working import Worker, default_threads  # noqa: PLC0415  (DuckDB takes its time)

    cloud = open_cloud()
    activity = cloud.stack.conversion_activity
    if activity is None:
        raise NotFoundError(f"stack {cloud.stack.name} has no activity: deploy this version")
    worker = Worker(
        cloud=cloud,
        activity_arn=activity,
        name=(name or platform.node())[:80],
        threads=threads or default_threads(),
        memory_bytes=int(gibibytes * 1024**3) if gibibytes else None,
        say=say,
    )
    say(f"{worker.name} waits for work of {cloud.stack.name}, {worker.threads} splits at a time")
    with ended_by_sigterm():
        worker.work(once=once)
