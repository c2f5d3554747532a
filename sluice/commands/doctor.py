"""`sluice doctor`: is everything in place?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError

from sluice.options import open_cloud, operator_options, settings
from sluice.stack.checkup import Finding, cloud_findings, machine_findings
from sluice.stack.project import find_project
from sluice.terminal.exits import Exit, OperatorError, cloud_error
from sluice.terminal.output import paint, put_json, put_lines
from sluice.terminal.render import table


@click.command("doctor")
@operator_options
@click.pass_context
def command(context: click.Context) -> None:
    """Check this machine, the contracts and every part of the stack.

    Ends with 0 if all is well, else with 1.
    """
    project = find_project(Path.cwd())
    findings = list(chain(machine_findings(project), _stack_findings(project)))
    if settings().json:
        documents = [{"subject": f.subject, "well": f.well, "text": f.text} for f in findings]
        put_json(documents)
    else:
        marks = {True: paint("✓", "green"), False: paint("✗", "red")}
        rows = ([marks[f.well], f.subject, f.text] for f in findings)
        put_lines(table(["", "checked", "found"], rows))
    context.exit(Exit.SUCCEEDED if all(f.well for f in findings) else Exit.RUN_FAILED)


def _stack_findings(project: Path) -> Iterator[Finding]:
    """The stack, if it can be found: what is wrong with this machine is told all the same."""
    try:
        cloud = open_cloud()
    except OperatorError as error:
        yield Finding(subject="stack", well=False, text=error.format_message())
    except (ClientError, BotoCoreError) as error:
        yield Finding(subject="stack", well=False, text=cloud_error(error).format_message())
    else:
        yield from cloud_findings(cloud, project)
