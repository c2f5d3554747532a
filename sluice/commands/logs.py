"""`sluice logs RUN`: what the run's functions and its job wrote."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from pipeline import timestamps
from sluice.options import open_cloud, operator_options, settings
from sluice.runs.logs import run_lines
from sluice.runs.map_runs import run_events
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.terminal.clocktext import local_text
from sluice.terminal.output import put, put_json


@click.command("logs")
@click.argument("run")
@click.option(
    "--platform", is_flag=True, help="With Lambda's own lines (start, end, report) and metrics."
)
@click.option("--verbose", is_flag=True, help="With stack traces.")
@operator_options
def command(run: str, *, platform: bool, verbose: bool) -> None:
    """Print the log lines of RUN's functions and of its job, oldest first."""
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    events = run_events(cloud, found.execution_arn)
    end = found.ended_at or datetime.now(UTC)
    lines = [
        line
        for line in run_lines(cloud, found.run_id, events, found.started_at, end)
        if platform or not line.is_platform
    ]
    if settings().json:
        documents = [
            {
                "at": timestamps.to_text(line.at),
                "source": line.source,
                "level": line.level,
                "text": line.text,
            }
            for line in lines
        ]
        put_json(documents)
        return
    names = [_name(line.source, cloud.stack.name) for line in lines]
    width = max(map(len, names), default=0)
    for line, name in zip(lines, names, strict=True):
        first, *more = line.texts(verbose=verbose)
        put(f"{local_text(line.at)} {name:<{width}} {line.level:<5} {first}", *more)


def _name(source: str, stack: str) -> str:
    """What the template calls the function, in short; the job's runs are all `job`.

    >>> _name("sluice-StartRunsFunction-1a2B", "sluice")
    'StartRuns'
    """
    if source.startswith("jr_"):
        return "job"
    return source.removeprefix(f"{stack}-").partition("Function")[0]
