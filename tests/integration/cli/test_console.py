"""The console's pages, what they change, and whom they let in."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any

import pytest
from flask.testing import FlaskClient

from sluice.cloud import Cloud
from sluice.console.app import create_app
from sluice.console.guard import Guard
from sluice.console.live import stream
from sluice.graph.svg import MARKS, STYLE_SHEET
from tests.integration.cli.scripted_gate import Gate
from tests.integration.cli.scripted_states import START, Execution, ScriptedStates, execution_arn

RUN = "customers-a-0123456789ab"
APPROVAL: dict[str, Any] = {
    "approval_id": "aaaabbbbccccdddd",
    "run_id": RUN,
    "status": "PENDING",
    "expires_at": "2099-01-31T08:00:00.000Z",
    "reasons": ["1 of 3 rows was rejected"],
    "counts": {"rows_in": 3},
    "rules": [{"column": None, "rule": "structure", "rows": 1}],
    "sample": [{"line": 2, "record": None, "errors": [{"message": "no"}], "raw": "<script>"}],
}


@pytest.fixture
def guard() -> Guard:
    return Guard(host="localhost")


@pytest.fixture
def stranger(cloud: Cloud, guard: Guard) -> FlaskClient:
    return create_app(cloud, guard).test_client()


@pytest.fixture
def browser(stranger: FlaskClient, guard: Guard) -> FlaskClient:
    answer = stranger.post("/session", data={"key": guard.key})
    assert answer.status_code == 303
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]
    return stranger


@pytest.fixture
def run(states: ScriptedStates) -> Execution:
    execution = states.add(Execution(RUN, order={"dataset": "customers"}))
    execution.add("ExecutionStarted")
    execution.add("TaskStateEntered", name="Open Run")
    return execution


@pytest.mark.parametrize("path", ["/", f"/runs/{RUN}", f"/runs/{RUN}/live", "/approvals/x"])
def test_strangers_only_see_the_sign_in_page(stranger: FlaskClient, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert stranger.get("/sign-in").status_code == 200


def test_a_wrong_key_opens_nothing(stranger: FlaskClient) -> None:
    answer = stranger.post("/session", data={"key": "guess"})
    assert answer.status_code == 403
    assert "`sluice console` printed" in answer.text
    assert stranger.get("/").status_code == 303


def test_a_foreign_host_name_is_turned_away(browser: FlaskClient) -> None:
    assert browser.get("/", headers={"Host": "evil.example:80"}).status_code == 421
    assert browser.get("/", headers={"Host": "127.0.0.1"}).status_code == 421


def test_each_console_has_a_host_of_its_own_for_its_cookie() -> None:
    names = {Guard().host for _ in range(9)}
    assert len(names) == 9
    assert all(re.fullmatch(r"console-[0-9a-f]{16}\.localhost", name) for name in names)


@pytest.mark.usefixtures("run")
def test_the_list_shows_runs(browser: FlaskClient) -> None:
    page = browser.get("/").text
    assert f'href="/runs/{RUN}"' in page
    assert "running" in page


@pytest.mark.usefixtures("run")
def test_a_run_shows_its_graph_and_states(browser: FlaskClient) -> None:
    answer = browser.get(f"/runs/{RUN}")
    assert 'aria-label="Open Run, Task, running' in answer.text
    assert "/static/run.js" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert " onclick" not in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [(f"/runs/{RUN}", 404), ("/approvals/unknown", 404), ("/nonsense", 404), ("/session", 405)],
)
def test_what_is_not_there_says_so(browser: FlaskClient, path: str, status: int) -> None:
    answer = browser.get(path)
    assert answer.status_code == status
    assert "Back to the runs" in answer.text


def test_the_stream_tells_changes_once_and_then_the_end(cloud: Cloud, run: Execution) -> None:
    run.steps = [
        lambda: None,
        lambda: None,
        lambda: run.add("TaskStateExited", name="Open Run", output="{}"),
        lambda: run.end("SUCCEEDED"),
    ]
    events = list(islice(stream(cloud, RUN, execution_arn(RUN), lambda _: None, lambda: START), 10))
    told = [json.loads(each.removeprefix("data: ")) for each in events if each.startswith("data")]
    assert [each["states"]["state-Open-Run"][0] for each in told] == ["running", "succeeded"]
    assert told[0]["rows"][0]["name"] == "Open Run"
    assert events[-1].startswith("event: over\n")


def test_an_approval_is_shown_escaped_and_decided_only_by_its_own_form(
    browser: FlaskClient, gate: Gate, guard: Guard
) -> None:
    route = "/operator/approvals/aaaabbbbccccdddd"
    gate.answers = {f"GET {route}": (200, APPROVAL), f"POST {route}/decision": (200, APPROVAL)}
    page = browser.get("/approvals/aaaabbbbccccdddd").text
    assert "1 of 3 rows was rejected" in page
    assert "&lt;script&gt;" in page
    assert guard.form_token() in page
    assert len(gate.heard) == 1, "looking decides nothing"

    answer = {"decision": "approve", "comment": "known gaps"}
    assert browser.post("/approvals/aaaabbbbccccdddd", data=answer).status_code == 403
    assert len(gate.heard) == 1, "a form of another page decides nothing"

    answer["form_token"] = guard.form_token()
    decided = browser.post("/approvals/aaaabbbbccccdddd", data=answer)
    assert (decided.status_code, decided.headers["Location"]) == (303, f"/runs/{RUN}")
    assert gate.heard[1][1] == {"decision": "approve", "comment": "known gaps"}


def test_a_late_answer_says_who_was_first(browser: FlaskClient, gate: Gate, guard: Guard) -> None:
    route = "POST /operator/approvals/aaaabbbbccccdddd/decision"
    gate.answers = {route: (409, {"message": "Ada approved it at 08:00"})}
    form = {"decision": "reject", "form_token": guard.form_token()}
    answer = browser.post("/approvals/aaaabbbbccccdddd", data=form)
    assert answer.status_code == 409
    assert "Ada approved it at 08:00" in answer.text


def test_each_mark_of_the_script_is_that_of_the_picture() -> None:
    script = (STYLE_SHEET.parents[1] / "console" / "static" / "run.js").read_text()
    for status, shape in MARKS.items():
        assert f'{status.lower()}: "{shape}"' in script
