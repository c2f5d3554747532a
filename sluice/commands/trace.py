"""`sluice trace RUN`: when a run did what, and which services took how long.

Its states come from the execution's history, the calls within its functions from X-Ray.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from sluice.commands.show import visit_document
from sluice.options import open_cloud, operator_options, settings
from sluice.runs.follow import past_visits
from sluice.runs.history import StateVisit
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import execution_arn
from sluice.runs.traced_calls import TracedCalls, traced_calls
from sluice.runs.tracing import Calls, bar, service_calls, span, targets_of
from sluice.terminal.clocktext import duration_text
from sluice.terminal.output import paint, put_json, put_lines
from sluice.terminal.render import colour_of, table


@click.command("trace")
@click.argument("run")
@operator_options
def command(run: str) -> None:
    """Draw RUN as a timeline of its states and a graph of the services that it called."""
    cloud = open_cloud()
    run_id = find_run_id(cloud, run)
    arn = execution_arn(cloud, run_id)
    visits = past_visits(cloud, arn)
    machine = cloud.states.describe_state_machine_for_execution(executionArn=arn)
    now = datetime.now(UTC)
    calls = list(service_calls(visits, targets_of(json.loads(machine["definition"])), now))
    within = traced_calls(cloud, run_id, *span(visits, now)) if visits else []
    if settings().json:
        document = {
            "run_id": run_id,
            "states": [visit_document(visit, now) for visit in visits],
            "calls": [asdict(each) for each in calls],
            "within_functions": [asdict(each) for each in within],
        }
        put_json(document)
        return
    put_lines(timeline(visits, now))
    put_lines(["", run_id])
    put_lines(graph(calls))
    put_lines(["", *within_functions(within)] if within else [])


def timeline(visits: Sequence[StateVisit], now: datetime) -> Iterator[str]:
    """A bar for each visit of a state, in the order in which they began."""
    if not visits:
        return
    began, ended = span(visits, now)
    rows = (
        [
            "  " * visit.depth + visit.label,
            paint(bar(visit, began, ended, now), colour_of(visit.status)),
            f"{(visit.started_at - began).total_seconds():.1f} s",
            duration_text(visit.seconds(now)),
        ]
        for visit in visits
    )
    yield from table(["state", "time", "after", "took"], rows, right=["after", "took"])


def graph(calls: Sequence[Calls]) -> Iterator[str]:
    """The run, and a branch for each thing that it called, the slowest first."""
    rows = [
        [
            f"{'└─' if number == len(calls) else '├─'} {each.service}",
            each.target,
            f"{each.calls} calls" if each.calls != 1 else "1 call",
            duration_text(each.seconds),
            _trouble(each),
        ]
        for number, each in enumerate(calls, 1)
    ]
    lines = table(["", "", "", "", ""], rows, right=[])
    next(lines)  # no heads: the graph speaks for itself
    yield from lines


def within_functions(calls: Sequence[TracedCalls]) -> Iterator[str]:
    """What each function asked of which service, the slowest first."""
    rows = (
        [
            each.function,
            each.service,
            each.operation,
            each.resource.rpartition(":")[2],
            str(each.calls),
            str(each.failed or ""),
            duration_text(each.seconds),
        ]
        for each in calls
    )
    heads = ["function", "service", "operation", "of", "calls", "failed", "took"]
    yield from table(heads, rows, right=["calls", "failed", "took"])


def _trouble(calls: Calls) -> str:
    told = [f"{calls.retries} retries"] if calls.retries else []
    return ", ".join([*told, *([f"{calls.failed} failed"] if calls.failed else [])])
