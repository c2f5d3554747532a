"""`sluice up`: the local cloud in the foreground."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from sluice import local
from sluice.options import DEFAULT_STACK, operator_options, settings
from sluice.output import say
from sluice.project import find_project


@click.command("up")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 takes a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything in this folder, so that it survives a restart.",
)
@operator_options
def command(port: int, data: Path | None) -> None:
    """Start the local cloud, deploy template.yaml, and stay until Ctrl-C.

    Once everything is deployed, `export` lines on stdout point any AWS tool at it.
    """
    project = find_project(Path.cwd())
    if here := local.running(project):
        raise click.UsageError(
            f"a local cloud is up already at {here.endpoint_url} (process {here.pid})"
        )
    stack = settings().stack or DEFAULT_STACK
    words = local.command(
        project,
        stack=stack,
        port=port,
        data=data.absolute() if data is not None else None,
        parameters=settings().parameters,
    )
    say("starting a local cloud; Ctrl-C ends it …")
    os.chdir(project)
    sys.stdout.flush()
    sys.stderr.flush()
    # Signals, stdout and the exit code are then the cloud's own.
    os.execv(words[0], words)  # noqa: S606 - no shell is wanted
