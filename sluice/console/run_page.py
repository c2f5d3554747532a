"""GET /runs/<run>: why, what to do, the graph, the timeline, and a step in full; its downloads.

GET /runs/<run>/live             events, while it goes on
GET /runs/<run>/events           its history, event by event
GET /runs/<run>/files/<version>  a file as it was dropped
GET /runs/<run>/rejects.csv      its rejected rows, to mend
GET /runs/<run>/report.html      what can be sent to the file's sender
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, render_template, request, send_file
from markupsafe import Markup

from sluice.console.actions import actions_for
from sluice.console.live import stream, utc_now
from sluice.console.timeline import event_row, rows, trace_rows
from sluice.graph.layout import Picture, lay_out
from sluice.graph.model import Workflow
from sluice.graph.status import node_statuses
from sluice.graph.svg import STYLE_SHEET, draw
from sluice.runs.bills import told_bill
from sluice.runs.diagnosis import blamed_visit, diagnose
from sluice.runs.follow import newer_events, past_visits
from sluice.runs.history import StateVisit
from sluice.runs.loading import LoadWatch
from sluice.runs.mending import files_with_rejects, mendable_lines, one_file
from sluice.runs.originals import original
from sluice.runs.reports import told_warnings
from sluice.runs.run import GOOD, Run, RunFile
from sluice.runs.run_reader import read_run
from sluice.runs.sender_report import report_page
from sluice.runs.steps import Targets, read_part, read_step
from sluice.runs.tracing import targets_of
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError

_REPORT_ROWS = 20
_EVENTS = 2_000


def add_run(app: Flask, cloud: Cloud, program: str) -> None:
    """Add the page and what belongs to it to the console."""

    @app.get("/runs/<run_id>")
    def run(run_id: str) -> str:
        found = read_run(cloud, run_id)
        return render_template("run.html", **_page(cloud, found, program))

    @app.get("/runs/<run_id>/live")
    def live(run_id: str) -> Response:
        arn = read_run(cloud, run_id).execution_arn
        return Response(stream(cloud, run_id, arn, time.sleep), mimetype="text/event-stream")

    @app.get("/runs/<run_id>/events")
    def events(run_id: str) -> str:
        found = read_run(cloud, run_id)
        known = newer_events(cloud, found.execution_arn, after=0)
        shown = [event_row(each, known[0]) for each in known[-_EVENTS:]]
        return render_template("events.html", run=found, events=shown, total=len(known))

    @app.get("/runs/<run_id>/files/<version_id>")
    def file(run_id: str, version_id: str) -> Response:
        found = read_run(cloud, run_id)
        chosen = next((each for each in found.files if each.version_id == version_id), None)
        if chosen is None:
            raise NotFoundError(f"{run_id} has no file of the version {version_id}")
        body = original(cloud, chosen)
        return _download(body.iter_chunks(), chosen.name, "text/csv")

    @app.get("/runs/<run_id>/rejects.csv")
    def rejects(run_id: str) -> Response:
        found = read_run(cloud, run_id)
        uri = found.report_uri
        if uri is None:
            raise NotFoundError(f"{run_id} has no report: no row was judged (yet)")
        chosen = one_file(cloud, found, uri, request.args.get("file"))
        content = (line.encode() for line in mendable_lines(cloud, found, uri, chosen))
        name = f"mend-{run_id}.csv" if len(found.files) == 1 else f"mend-{chosen.name}"
        return _download(content, name, "text/csv")

    @app.get("/runs/<run_id>/report.html")
    def report(run_id: str) -> Response:
        found = read_run(cloud, run_id)
        most = _REPORT_ROWS if request.args.get("rows") else 0
        page = report_page(cloud, found, most_rows=most)
        return _download([page.encode()], f"report-{run_id}.html", "text/html")

    @app.get("/graph.css")
    def graph_style() -> Response:
        return send_file(STYLE_SHEET)


def _page(cloud: Cloud, run: Run, program: str) -> dict[str, Any]:
    now = utc_now()
    visits = () if run.forgotten else past_visits(cloud, run.execution_arn)
    return {
        "run": run,
        "seconds": run.seconds(now),
        "warnings": told_warnings(cloud, run),
        "bad_files": _bad_files(cloud, run),
        "advice": _advice(run, visits, program),
        "actions": actions_for(run, visits, now),
        **({} if run.forgotten else _history(cloud, run, visits, now)),
    }


def _history(cloud: Cloud, run: Run, visits: Sequence[StateVisit], now: datetime) -> dict[str, Any]:
    """What the execution tells besides the record."""
    machine = cloud.states.describe_state_machine_for_execution(executionArn=run.execution_arn)
    definition = json.loads(machine["definition"])
    loading = LoadWatch(cloud, run.run_id, run.execution_arn).look(visits)
    picture = _picture(machine["definition"])
    return {
        # The picture escapes every name and condition that it shows.
        "graph": Markup(draw(picture, node_statuses(visits, now, loading))),  # noqa: S704
        "rows": rows(visits, now),
        "bill": told_bill(cloud, run, visits, definition, now) if visits else None,
        **_step(cloud, run, targets_of(definition), now),
        "loading": loading.text if loading else "",
    }


@lru_cache(maxsize=8)
def _picture(definition: str) -> Picture:
    """A definition laid out; all runs of one version share it."""
    return lay_out(Workflow.parse(json.loads(definition)))


def _advice(run: Run, visits: Sequence[StateVisit], program: str) -> Sequence[str]:
    """What to do about a run that is over and did not load, or not all."""
    left_out = run.counts.rejected or any(f.disposition == "quarantined" for f in run.files)
    if not run.over or (run.status in GOOD and not left_out):
        return ()
    return diagnose(run, blamed_visit(run, visits), sluice=program).advice


def _bad_files(cloud: Cloud, run: Run) -> list[RunFile]:
    """The files of which rows were rejected; nothing where the report is gone."""
    if not (run.counts.rejected and run.report_uri):
        return []
    try:
        return files_with_rejects(cloud, run, run.report_uri)
    except NotFoundError:
        return []


def _step(cloud: Cloud, run: Run, targets: Targets, now: datetime) -> dict[str, Any]:
    """The step that the address asks for, and what it consists of."""
    number, part = request.args.get("step", ""), request.args.get("part", "")
    if not number.isdecimal():
        return {"step": None}
    step = read_step(cloud, run, int(number), targets, now)
    step = read_part(cloud, run, step, part, targets, now) if part else step
    return {
        "step": step,
        "trace": trace_rows(step.spans, now),
        "parts": trace_rows(step.parts.children if step.parts else (), now),
    }


def _download(content: Any, name: str, kind: str) -> Response:
    """A file to keep, under a name of any characters.

    Source: https://www.rfc-editor.org/rfc/rfc6266
    """
    plain = name.encode("ascii", "replace").decode().replace('"', "_").replace("?", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"Content-Disposition": disposition}
    return Response(content, mimetype=kind, headers=headers)
