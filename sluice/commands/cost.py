"""`sluice cost RUN`: what the run used, at list prices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from sluice.options import open_cloud, operator_options, settings
from sluice.runs.bills import definition_of, read_bill
from sluice.runs.costs import Bill, Usage
from sluice.runs.follow import past_visits
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.terminal.output import put_json, put_lines
from sluice.terminal.render import table


@click.command("cost")
@click.argument("run")
@operator_options
def command(run: str) -> None:
    """Estimate what RUN cost: transitions, Lambda, Glue and writes at us-east-1 list prices.

    By service, and by the stage of the run that it was spent in.
    """
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    visits = past_visits(cloud, found.execution_arn)
    known = read_bill(cloud, found, visits, definition_of(cloud, found), datetime.now(UTC))
    if settings().json:
        put_json({"run_id": found.run_id, **document(known)})
    else:
        put_lines(lines(known))


def document(known: Bill) -> dict[str, Any]:
    """For a script."""
    return {
        "services": _services(known.total),
        "stages": {
            stage: {"dollars": float(usage.dollars), "services": _services(usage)}
            for stage, usage in known.stages.items()
        },
        "dollars": float(known.total.dollars),
    }


def lines(known: Bill) -> Iterator[str]:
    """A table of services, and one of stages."""
    costs = known.total.costs
    rows = [[c.service, f"{c.amount:.1f}", c.unit, f"{c.dollars:.6f}"] for c in costs]
    rows.append(["total", "", "", f"{known.total.dollars:.6f}"])
    yield from table(["service", "amount", "unit", "US$"], rows, right=["amount", "US$"])
    yield ""
    stages = [[stage, f"{usage.dollars:.6f}"] for stage, usage in known.stages.items()]
    yield from table(["stage", "US$"], stages, right=["US$"])


def _services(usage: Usage) -> dict[str, Any]:
    return {
        cost.service: {
            "amount": float(cost.amount),
            "unit": cost.unit,
            "dollars": float(cost.dollars),
        }
        for cost in usage.costs
    }
