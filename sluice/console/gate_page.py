"""GET /approvals/<approval>: the facts as the mail's page shows them; POST: the answer, signed."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, redirect, render_template, request, send_file, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from approval_page import render
from pages import frame
from sluice.stack import operator_api
from sluice.stack.cloud import Cloud


def add_gate(app: Flask, cloud: Cloud) -> None:
    """Add the page to the console."""

    @app.get("/approvals/<approval_id>")
    def approval(approval_id: str) -> str:
        document = operator_api.read_approval(cloud, approval_id)
        return render_template("approval.html", approval=document, body=_body(document))

    @app.post("/approvals/<approval_id>")
    def decide(approval_id: str) -> AnyResponse | tuple[str, int]:
        try:
            document = operator_api.decide(
                cloud,
                approval_id,
                decision=request.form.get("decision", ""),
                comment=request.form.get("comment", ""),
            )
        except operator_api.ConflictError as conflict:
            return _late(conflict)
        return redirect(url_for("run", run_id=document["run_id"]), HTTPStatus.SEE_OTHER)

    @app.get("/gate.css")
    def gate_style() -> Response:
        return send_file(frame.FOLDER / "gate.css")


def _late(conflict: operator_api.ConflictError) -> tuple[str, int]:
    """The facts as they stand now, with who was first."""
    document = conflict.document
    if "reasons" not in document:
        raise conflict
    body = _body(document, alert=conflict.message)
    return render_template("approval.html", approval=document, body=body), HTTPStatus.CONFLICT


def _body(document: Mapping[str, Any], *, alert: str = "") -> Markup:
    form = ""
    if document["status"] == "PENDING":
        valid = f"{document['counts'].get('valid', 0):,}"
        form = render_template("decide.html", approval=document, valid=valid)
    run_id = document["run_id"]
    run = f'<a href="{url_for("run", run_id=run_id)}">{escape(run_id)}</a>'
    # The page's renderer escapes every value of the document.
    return Markup(render.body_of(document, form=form, alert=alert, run=run))  # noqa: S704
