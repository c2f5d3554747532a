"""`sluice show RUN`: the facts about one run, state by state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from pipeline import timestamps
from pipeline.runs import cause
from sluice.commands.outcome import outcome_lines
from sluice.options import open_cloud, operator_options, settings
from sluice.runs.bills import definition_of, told_bill
from sluice.runs.follow import past_visits
from sluice.runs.history import StateVisit
from sluice.runs.loading import LoadWatch
from sluice.runs.reports import told_warnings
from sluice.runs.run import Decision, Run
from sluice.runs.run_documents import summary_document
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.runs.watching import next_steps
from sluice.terminal.clocktext import duration_text, local_text
from sluice.terminal.output import put_json, put_lines, say
from sluice.terminal.render import status_text, table

# A cause may be a whole stack trace; the first line names it, `--json` has it all.
_CAUSE_WIDTH = 100


@click.command("show")
@click.argument("run")
@operator_options
def command(run: str) -> None:
    """Show what RUN did and where it stands: states, rows, files, why it failed."""
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    states = () if found.forgotten else past_visits(cloud, found.execution_arn)
    loading = LoadWatch(cloud, found.run_id, found.execution_arn).look(states)
    now = datetime.now(UTC)
    definition = definition_of(cloud, found) if states else {}
    cost = told_bill(cloud, found, states, definition, now) if states else None
    if settings().json:
        documents = [visit_document(visit, now) for visit in states]
        document = summary_document(found, now)
        document["warnings"] = told_warnings(cloud, found)
        document["dollars"] = float(cost.total.dollars) if cost else None
        put_json({**document, "loading": asdict(loading) if loading else None, "states": documents})
        return
    more = [f"  warning {warning}" for warning in told_warnings(cloud, found)]
    more += [f"  loading {loading.text}"] if loading else []
    more += [f"  cost    {cost.words}"] if cost else []
    put_lines(facts(found, states, now, more))
    say(*next_steps(found))


def facts(
    run: Run,
    states: Sequence[StateVisit],
    now: datetime,
    more: Sequence[str] = (),
) -> Iterator[str]:
    """The run's result, then a line for each visit of a state."""
    yield from outcome_lines(run, run.seconds(now))
    yield from more
    if run.decision:
        yield f"  gate    {decision_text(run.decision)}"
    elif run.taken_over_from:
        yield f"  gate    asked nobody again: {run.taken_over_from} decided to load these rows"
    yield f"  began   {local_text(run.started_at)} by {run.trigger or 'an unknown trigger'}"
    if run.forgotten:
        yield "  states  gone: Step Functions keeps them for 90 days after the end"
        return
    yield ""
    yield from states_table(states, now)


def decision_text(decision: Decision) -> str:
    """Who answered the gate, when and why."""
    when = local_text(timestamps.from_text(decision.decided_at))
    comment = f": {decision.comment}" if decision.comment else ""
    return f"{decision.status.lower()} by {decision.by} at {when}{comment}"


def states_table(states: Sequence[StateVisit], now: datetime) -> Iterator[str]:
    """Visits in the order in which they began, indented inside Maps."""
    heads = ["state", "status", "after", "took", "retries", "error"]
    rows = (
        [
            "  " * visit.depth + visit.label,
            status_text(visit.status),
            f"{(visit.started_at - states[0].started_at).total_seconds():.1f} s",
            duration_text(visit.seconds(now)),
            str(visit.retries or ""),
            _error(visit),
        ]
        for visit in states
    )
    return table(heads, rows, right=["after", "took", "retries"])


def visit_document(visit: StateVisit, now: datetime) -> dict[str, object]:
    """One visit for a script."""
    return {
        "name": visit.name,
        "type": visit.kind,
        "item": visit.item,
        "depth": visit.depth,
        "status": visit.status,
        "started_at": timestamps.to_text(visit.started_at),
        "ended_at": timestamps.to_text(visit.ended_at) if visit.ended_at else None,
        "seconds": round(visit.seconds(now), 3),
        "retries": visit.retries,
        "error": visit.error or None,
        "cause": visit.cause or None,
        "map_run_arn": visit.map_run_arn,
    }


def _error(visit: StateVisit) -> str:
    text = cause.sentence(visit.error, visit.cause)
    return text if len(text) <= _CAUSE_WIDTH else f"{text[: _CAUSE_WIDTH - 1]}…"
