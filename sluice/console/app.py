"""The console: one Flask app over one stack, behind its guard. Each page has a module of its own.

GET  /                         what needs a person, and the runs: `runs_page`
GET  /runs/<run>               a run: `run_page`; what can be done about it: `actions`
GET  /datasets, /datasets/<n>  contracts and trends: `datasets`
GET  /drop                     check a file, then drop it: `drop_page`
GET  /approvals/<approval>     what a person is asked: `gate_page`
GET  /sign-in, POST /session   the key for the cookie
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pipeline import timestamps
from sluice.console.actions import add_actions
from sluice.console.datasets import add_datasets
from sluice.console.drop_page import add_drop
from sluice.console.gate_page import add_gate
from sluice.console.guard import Guard
from sluice.console.run_page import add_run
from sluice.console.runs_page import add_runs
from sluice.stack import operator_api
from sluice.stack.cloud import Cloud
from sluice.terminal.clocktext import duration_text, local_text
from sluice.terminal.exits import CloudError, NotFoundError, OperatorError, cloud_error

# How often a list looks again: each look is a dozen calls.
_HERE_SECONDS, _AWS_SECONDS = 3, 15
_COMMAND = re.compile(r"(sluice(?: --\S+)* [a-z]+(?: show)? [\w.-]+)")
_SENTENCES = {
    HTTPStatus.FORBIDDEN: "That key or form is not this console's: "
    "open the whole address that `sluice console` printed.",
    HTTPStatus.NOT_FOUND: "The console has no such page.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The console has no such page.",
}


def create_app(cloud: Cloud, guard: Guard, *, program: str = "sluice") -> Flask:
    """The console of one stack; commands that it names begin with `program`."""
    app, every = Flask(__name__), _HERE_SECONDS if cloud.is_local else _AWS_SECONDS
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "local": local_text,
        "duration": duration_text,
        "instant": timestamps.from_text,
        "count": lambda number: "" if number is None else f"{number:,}",
        "commands": told_apart,
    }
    app.context_processor(lambda: {"stack": cloud.stack.name, "program": program, "every": every})
    guard.protect(app)
    _add_session(app, guard)
    add_run(app, cloud, program)
    for add in (add_runs, add_drop, add_datasets, add_gate, add_actions):
        add(app, cloud)
    app.register_error_handler(OperatorError, _problem)
    app.register_error_handler(ClientError, lambda error: _problem(cloud_error(error)))
    app.register_error_handler(BotoCoreError, lambda error: _problem(cloud_error(error)))
    for status, sentence in _SENTENCES.items():
        app.register_error_handler(status, _told(status, sentence))
    return app


def told_apart(sentence: str) -> list[tuple[str, bool]]:
    """The pieces of a sentence, each with whether it is a command that can be typed.

    >>> told_apart("mend them: sluice mend r-1 and drop them")
    [('mend them: ', False), ('sluice mend r-1', True), (' and drop them', False)]
    """
    pieces = enumerate(_COMMAND.split(sentence))
    return [(piece, number % 2 == 1) for number, piece in pieces if piece]


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


def _problem(error: OperatorError) -> tuple[str, int]:
    match error:
        case NotFoundError():
            status = HTTPStatus.NOT_FOUND
        case operator_api.ConflictError():
            status = HTTPStatus.CONFLICT
        case CloudError():
            status = HTTPStatus.BAD_GATEWAY
        case _:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render_template("problem.html", message=error.message), status
