"""`sluice deploy`: what has changed in this checkout, brought into its local cloud."""

from __future__ import annotations

from pathlib import Path

import click

from sluice.options import DEFAULT_STACK, operator_options, settings
from sluice.stack.deployable import require_deployable
from sluice.stack.local import LocalCloud
from sluice.stack.project import find_project
from sluice.stack.shared_cloud import shared
from sluice.terminal.exits import NotFoundError
from sluice.terminal.output import put, put_json, say


@click.command("deploy")
@operator_options
def command() -> None:
    """Bring template, functions, contracts and workflow into the running local cloud.

    Its data stay, and so do the parameters of its start that are not given anew. Nothing is
    deployed as long as `sluice contract check` refuses a contract.
    """
    if not settings().local:
        raise click.UsageError("this is for the local cloud: add --local. On AWS use the SAM CLI")
    if settings().fresh:
        raise click.UsageError("a fresh cloud has nothing to be changed: leave --fresh away")
    parameters = dict(text.split("=", 1) for text in settings().parameters)
    project = find_project(Path.cwd())
    require_deployable(project)
    asked = settings().stack
    with shared(project, stack=asked or DEFAULT_STACK, say=say) as cloud:
        require_stack(cloud, asked)
        done = cloud.ask("deploy", {"parameters": parameters})
    if settings().json:
        put_json(done)
        return
    what = ", ".join(done["changed"]) or "no file had changed"
    put(f"deployed {done['stack']} in {done['seconds']:.1f} s: {what}")


def require_stack(cloud: LocalCloud, asked: str | None) -> None:
    """See to it that a cloud deploys the stack that is asked for, if one is.

    Raises:
        NotFoundError: it was started with another one.
    """
    if asked not in {None, cloud.stack}:
        raise NotFoundError(
            f"the local cloud at {cloud.endpoint_url} was started with stack {cloud.stack}, "
            f"not {asked}"
        )
