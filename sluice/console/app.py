"""The console's pages.

GET  /                         runs, newest first
GET  /runs/<run>               a run: result, graph, states
GET  /runs/<run>/live          the same as server-sent events, while it goes on
GET  /approvals/<approval>     what a person is asked
POST /approvals/<approval>     the answer
GET  /sign-in, POST /session   the key for the cookie
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Response, abort, redirect, render_template, request, send_file, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from pipeline.row_counts import LISTED
from sluice import operator_api
from sluice.clocktext import duration_text, local_text, parse_instant
from sluice.cloud import Cloud
from sluice.console.facts import visit_rows
from sluice.console.guard import Guard
from sluice.console.live import stream, utc_now
from sluice.diagnosis import blamed_visit, diagnose
from sluice.exits import NotFoundError, OperatorError, cloud_error
from sluice.follow import past_visits
from sluice.graph.layout import lay_out
from sluice.graph.model import Workflow
from sluice.graph.status import node_statuses
from sluice.graph.svg import STYLE_SHEET, draw
from sluice.history import StateVisit
from sluice.loading import LoadWatch
from sluice.runs import GOOD, Run, execution_arn, latest_runs, read_run

_RUNS = 50

_SENTENCES = {
    HTTPStatus.FORBIDDEN: "That key or form is not this console's: "
    "open the whole address that `sluice console` printed.",
    HTTPStatus.NOT_FOUND: "The console has no such page.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The console has no such page.",
}


def create_app(cloud: Cloud, guard: Guard) -> Flask:
    """The console of one stack."""
    app = Flask(__name__)
    app.jinja_env.filters |= {"local": local_text, "duration": duration_text}
    app.context_processor(lambda: {"stack": cloud.stack.name})
    guard.protect(app)
    _add_session(app, guard)
    _add_runs(app, cloud)
    _add_gate(app, cloud)
    app.register_error_handler(OperatorError, _problem)
    app.register_error_handler(ClientError, lambda error: _problem(cloud_error(error)))
    app.register_error_handler(BotoCoreError, lambda error: _problem(cloud_error(error)))
    for status, sentence in _SENTENCES.items():
        app.register_error_handler(status, _told(status, sentence))
    return app


def _told(status: HTTPStatus, sentence: str) -> Callable[[Exception], tuple[str, int]]:
    return lambda _: (render_template("problem.html", message=sentence), status)


def _add_session(app: Flask, guard: Guard) -> None:
    @app.get("/sign-in")
    def sign_in() -> str:
        return render_template("sign_in.html")

    @app.post("/session")
    def open_session() -> AnyResponse:
        if not guard.opens(request.form.get("key", "")):
            abort(HTTPStatus.FORBIDDEN)
        response = redirect(url_for("runs"), HTTPStatus.SEE_OTHER)
        guard.admit(response)
        return response


def _add_runs(app: Flask, cloud: Cloud) -> None:
    @app.get("/")
    def runs() -> str:
        chosen = list(islice(latest_runs(cloud), _RUNS))
        now = utc_now()
        rows = [(run, run.seconds(now)) for run in chosen]
        return render_template("runs.html", rows=rows, counted=LISTED)

    @app.get("/runs/<run_id>")
    def run(run_id: str) -> str:
        found = read_run(cloud, run_id)
        return render_template("run.html", **_run_page(cloud, found))

    @app.get("/runs/<run_id>/live")
    def live(run_id: str) -> Response:
        arn = read_run(cloud, run_id).execution_arn
        events = stream(cloud, run_id, arn, time.sleep, utc_now)
        return Response(events, mimetype="text/event-stream")

    @app.get("/graph.css")
    def graph_style() -> Response:
        return send_file(STYLE_SHEET)


def _add_gate(app: Flask, cloud: Cloud) -> None:
    @app.get("/approvals/<approval_id>")
    def approval(approval_id: str) -> str:
        document = operator_api.read_approval(cloud, approval_id)
        return render_template("approval.html", **_approval_page(document))

    @app.post("/approvals/<approval_id>")
    def decide(approval_id: str) -> AnyResponse:
        document = operator_api.decide(
            cloud,
            approval_id,
            decision=request.form.get("decision", ""),
            comment=request.form.get("comment", ""),
        )
        return redirect(url_for("run", run_id=document["run_id"]), HTTPStatus.SEE_OTHER)


def _run_page(cloud: Cloud, run: Run) -> dict[str, Any]:
    arn = execution_arn(cloud, run.run_id)
    machine = cloud.states.describe_state_machine_for_execution(executionArn=arn)
    visits, now = past_visits(cloud, arn), utc_now()
    loading = LoadWatch(cloud, run.run_id, arn).look(visits)
    picture = lay_out(Workflow.parse(json.loads(machine["definition"])))
    return {
        "run": run,
        "seconds": run.seconds(now),
        "rows_in_words": run.counts.words,
        "why": run.why,
        "advice": _advice(run, visits),
        # The picture escapes every name and condition that it shows.
        "graph": Markup(draw(picture, node_statuses(visits, now, loading))),  # noqa: S704
        "visits": visit_rows(visits, now),
    }


def _advice(run: Run, visits: Sequence[StateVisit]) -> Sequence[str]:
    """What to do about a run that is over and did not load, or not all."""
    left_out = run.counts.rejected or any(f.disposition == "quarantined" for f in run.files)
    if not run.over or (run.status in GOOD and not left_out):
        return ()
    return diagnose(run, blamed_visit(run, visits)).advice


def _approval_page(document: Mapping[str, Any]) -> dict[str, Any]:
    left = (parse_instant(document["expires_at"]) - utc_now()).total_seconds()
    return {"approval": document, "left": duration_text(left) if left > 0 else "none"}


def _problem(error: OperatorError) -> tuple[str, int]:
    match error:
        case NotFoundError():
            status = HTTPStatus.NOT_FOUND
        case operator_api.ConflictError():
            status = HTTPStatus.CONFLICT
        case _:
            status = HTTPStatus.BAD_GATEWAY
    return render_template("problem.html", message=error.message), status
