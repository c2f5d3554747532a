"""`sluice doctor`: is everything in place?"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import click

from sluice.checkup import cloud_findings, machine_findings
from sluice.exits import Exit
from sluice.options import open_cloud, operator_options, settings
from sluice.output import paint, put_json, put_lines
from sluice.project import find_project
from sluice.render import table


@click.command("doctor")
@operator_options
@click.pass_context
def command(context: click.Context) -> None:
    """Check this machine, the contracts and every part of the stack.

    Ends with 0 if all is well, else with 1.
    """
    project = find_project(Path.cwd())
    findings = list(chain(machine_findings(project), cloud_findings(open_cloud())))
    if settings().json:
        documents = [{"subject": f.subject, "well": f.well, "text": f.text} for f in findings]
        put_json(documents)
    else:
        marks = {True: paint("✓", "green"), False: paint("✗", "red")}
        rows = ([marks[f.well], f.subject, f.text] for f in findings)
        put_lines(table(["", "checked", "found"], rows))
    context.exit(Exit.SUCCEEDED if all(f.well for f in findings) else Exit.RUN_FAILED)
