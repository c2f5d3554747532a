"""`sluice why RUN`: what went wrong, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from sluice.options import open_cloud, operator_options, program, settings
from sluice.runs.diagnosis import blamed_visit, diagnose
from sluice.runs.follow import past_visits
from sluice.runs.logs import PROBLEMS, LogLine, run_lines
from sluice.runs.map_runs import explained, run_events
from sluice.runs.run import FAILED, Run
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.stack.cloud import Cloud
from sluice.terminal.clocktext import local_text
from sluice.terminal.output import put, put_json
from sluice.terminal.render import status_text

# The last lines say what went wrong; `sluice logs` has the rest.
_LINES = 10


@click.command("why")
@click.argument("run")
@click.option("--verbose", is_flag=True, help="With stack traces.")
@operator_options
def command(run: str, *, verbose: bool) -> None:
    """Say why RUN did not load: the failed step, the real cause, its log lines, what to do."""
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    visits = () if found.forgotten else past_visits(cloud, found.execution_arn)
    blamed = blamed_visit(found, visits)
    told = diagnose(found, explained(cloud, blamed) if blamed else None, sluice=program())
    problems = [] if found.forgotten or found.status != FAILED else _problems(cloud, found)
    if settings().json:
        document = {
            "run_id": found.run_id,
            "status": told.status,
            "state": told.state,
            "error": told.error or None,
            "cause": told.cause or None,
            "details": list(told.details),
            "log": [line.text for line in problems],
            "advice": list(told.advice),
        }
        put_json(document)
        return
    put(f"{status_text(told.status)} {found.run_id}")
    _put("state", [told.state] if told.state else [])
    _put("error", [told.error] if told.error else [])
    _put("cause", told.details if verbose else [told.cause] if told.cause else [])
    _put("log", [text for line in problems for text in _texts(line, verbose=verbose)])
    for advice in told.advice:
        _put("do", [advice])


def _problems(cloud: Cloud, run: Run) -> list[LogLine]:
    """The last lines that tell of problems: only a failure has more to it than its cause."""
    end = run.ended_at or datetime.now(UTC)
    events = run_events(cloud, run.execution_arn)
    lines = run_lines(cloud, run.run_id, events, run.started_at, end)
    return [line for line in lines if line.level in PROBLEMS][-_LINES:]


def _put(head: str, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines):
        put(f"  {head if number == 0 else '':<7} {line}")


def _texts(line: LogLine, *, verbose: bool) -> list[str]:
    first, *more = line.texts(verbose=verbose)
    return [f"{local_text(line.at)} {line.level} {first}", *more]
