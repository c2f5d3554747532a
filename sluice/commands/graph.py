"""`sluice graph RUN`: the state machine with the run's status."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from sluice.graph.layout import lay_out
from sluice.graph.model import Workflow
from sluice.graph.status import node_statuses
from sluice.graph.svg import standalone
from sluice.graph.text import lines
from sluice.options import open_cloud, operator_options, settings
from sluice.runs.follow import past_visits
from sluice.runs.loading import LoadWatch
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import execution_arn
from sluice.terminal.exits import OperatorError
from sluice.terminal.output import put_json, put_lines, say


@click.command("graph")
@click.argument("run")
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write an SVG file instead of text.",
)
@operator_options
def command(run: str, svg: Path | None) -> None:
    """Draw the state machine as RUN went through it."""
    cloud = open_cloud()
    run_id = find_run_id(cloud, run)
    arn = execution_arn(cloud, run_id)
    visits = past_visits(cloud, arn)
    definition = cloud.states.describe_state_machine_for_execution(executionArn=arn)["definition"]
    workflow = Workflow.parse(json.loads(definition))
    loading = LoadWatch(cloud, run_id, arn).look(visits)
    statuses = node_statuses(visits, datetime.now(UTC), loading)
    if svg is not None:
        try:
            svg.write_text(standalone(lay_out(workflow), statuses), encoding="utf-8")
        except OSError as error:
            raise OperatorError(f"cannot write {svg}: {error.strerror}") from None
        say(f"wrote {svg}")
        return
    if settings().json:
        states = {
            name: {"status": each.status, "note": each.note, "went_to": sorted(each.went_to)}
            for name, each in statuses.items()
        }
        put_json({"run_id": run_id, "states": states})
        return
    put_lines(lines(workflow, statuses))
