"""`sluice up`: the local cloud in the foreground."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from sluice.options import DEFAULT_STACK, operator_options, settings
from sluice.stack import local
from sluice.stack.data_folder import reserve
from sluice.stack.project import find_project
from sluice.stack.shared_cloud import data_folder, lease
from sluice.terminal.output import say


@click.command("up")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 takes a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything in this folder; .sluice/data unless --fresh is given.",
)
@click.option("--fsync", is_flag=True, help="Have what is kept survive a power cut, too.")
@click.option("--iam", is_flag=True, help="Refuse functions what their roles do not allow.")
@click.option("--watch", is_flag=True, help="Deploy again whenever a file of the template changes.")
@operator_options
def command(port: int, data: Path | None, *, fsync: bool, iam: bool, watch: bool) -> None:
    """Start the local cloud, deploy template.yaml, and stay until Ctrl-C.

    Once everything is deployed, `export` lines on stdout point any AWS tool at it.
    What it holds is there again at the next start, unless --fresh is given.
    """
    project = find_project(Path.cwd())
    if settings().fresh and data is not None:
        raise click.UsageError("--fresh keeps nothing: leave --data away")
    users = lease(project)
    if here := local.running(project):
        raise click.UsageError(
            f"a local cloud is up already at {here.endpoint_url} (process {here.pid})"
        )
    if pid := local.died(project):
        say(f"the local cloud (process {pid}) has died; what it kept is there again")
    inherited = [users]
    if not settings().fresh:
        data = data.absolute() if data is not None else data_folder(project)
        inherited.append(_reserved(data))
    words = local.command(
        project,
        stack=settings().stack or DEFAULT_STACK,
        port=port,
        data=data,
        parameters=settings().parameters,
    )
    chosen = (("--fsync", fsync), ("--iam", iam))
    words += [word for word, wanted in chosen if wanted]
    if watch:
        words += ["--watch", "--check", shlex.join(local.CHECK)]
    say("starting a local cloud; Ctrl-C ends it …")
    os.chdir(project)
    sys.stdout.flush()
    sys.stderr.flush()
    for descriptor in inherited:
        os.set_inheritable(descriptor, True)
    # Signals, stdout and the exit code are then the cloud's own.
    os.execv(words[0], words)  # noqa: S606 - no shell is wanted


def _reserved(data: Path) -> int:
    descriptor = reserve(data)
    if descriptor is None:
        raise click.UsageError(f"another local cloud keeps its data in {data}; end it first")
    return descriptor
