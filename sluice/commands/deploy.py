"""`sluice deploy`: what has changed in this checkout, brought into its local cloud."""

from __future__ import annotations

from pathlib import Path

import click

from sluice.options import DEFAULT_STACK, operator_options, settings
from sluice.stack.project import find_project
from sluice.stack.shared_cloud import shared
from sluice.terminal.output import put, put_json, say


@click.command("deploy")
@operator_options
def command() -> None:
    """Bring template, functions, contracts and workflow into the running local cloud.

    Its data stay, and so do the parameters of its start that are not given anew.
    """
    if not settings().local:
        raise click.UsageError("this is for the local cloud: add --local. On AWS use the SAM CLI")
    if settings().fresh:
        raise click.UsageError("a fresh cloud has nothing to be changed: leave --fresh away")
    parameters = dict(_key_and_value(text) for text in settings().parameters)
    project = find_project(Path.cwd())
    with shared(project, stack=settings().stack or DEFAULT_STACK, say=say) as cloud:
        done = cloud.ask("deploy", {"parameters": parameters})
    if settings().json:
        put_json(done)
        return
    what = ", ".join(done["changed"]) or "no file had changed"
    put(f"deployed {done['stack']} in {done['seconds']:.1f} s: {what}")


def _key_and_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--parameter {text!r} is not KEY=VALUE")
    return key, value
