"""`sluice cost RUN`: what the run used, at list prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import click

from sluice.options import open_cloud, operator_options, settings
from sluice.runs.costs import JobRun, bill, invocation_of, transitions
from sluice.runs.logs import job_run_ids, run_lines
from sluice.runs.map_runs import run_events
from sluice.runs.runs import Counts, find_run_id, read_run
from sluice.stack.cloud import Cloud
from sluice.terminal.output import put_json, put_lines
from sluice.terminal.render import table


@click.command("cost")
@click.argument("run")
@operator_options
def command(run: str) -> None:
    """Estimate what RUN cost: transitions, Lambda, Glue and writes at us-east-1 list prices.

    Lambda's share comes from its report lines, as long as the log group keeps them.
    """
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    events = run_events(cloud, found.execution_arn)
    end = found.ended_at or datetime.now(UTC)
    lines = run_lines(cloud, found.run_id, events, found.started_at, end)
    costs = bill(
        state_transitions=transitions(events),
        invocations=[each for line in lines if (each := invocation_of(line.document))],
        job_runs=list(_job_runs(cloud, job_run_ids(events))),
        rows_written=_rows_written(found.counts),
    )
    total = sum((cost.dollars for cost in costs), Decimal(0))
    if settings().json:
        services = {
            cost.service: {
                "amount": float(cost.amount),
                "unit": cost.unit,
                "dollars": float(cost.dollars),
            }
            for cost in costs
        }
        document = {"run_id": found.run_id, "services": services, "dollars": float(total)}
        put_json(document)
        return
    rows = [[c.service, f"{c.amount:.1f}", c.unit, f"{c.dollars:.6f}"] for c in costs]
    rows.append(["total", "", "", f"{total:.6f}"])
    put_lines(table(["service", "amount", "unit", "US$"], rows, right=["amount", "US$"]))


def _job_runs(cloud: Cloud, ids: Iterable[str]) -> Iterator[JobRun]:
    for job_run_id in sorted(ids):
        run = cloud.glue.get_job_run(JobName=cloud.stack.conversion_job, RunId=job_run_id)["JobRun"]
        dpus = Decimal(str(run.get("MaxCapacity") or run.get("NumberOfWorkers") or 1))
        yield JobRun(seconds=int(run.get("ExecutionTime") or 0), dpus=dpus)


def _rows_written(counts: Counts) -> int:
    """Every row that was put, and every put that the table turned down: both are billed."""
    return counts.loaded + counts.replayed + counts.superseded
