"""The console's pages, what they change, and whom they let in."""

from __future__ import annotations

import html
import io
import json
import re
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from pipeline import timestamps
from sluice.console.app import create_app
from sluice.console.guard import Guard
from sluice.console.live import stream
from sluice.stack.cloud import Cloud
from tests.integration.cli.scripted_gate import Gate
from tests.integration.cli.scripted_states import START, Execution, ScriptedStates, execution_arn

RUN = "customers-a-0123456789ab"
APPROVAL: dict[str, Any] = {
    "approval_id": "aaaabbbbccccdddd",
    "run_id": RUN,
    "dataset": "customers",
    "status": "PENDING",
    "is_open": True,
    "standing": "Nobody has answered yet.",
    "time_left": "59 minutes are left.",
    "expires_at": "2099-01-31T08:00:00.000Z",
    "reasons": ["1 of 3 rows was rejected"],
    "counts": {"rows_in": 3},
    "rules": [{"column": None, "rule": "structure", "rows": 1}],
    "sample": [
        {
            "file": "incoming/customers/a.csv",
            "line": 2,
            "record": None,
            "errors": [{"message": "no"}],
            "raw": "<script>",
        }
    ],
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
def run(states: ScriptedStates, record: Callable[..., None]) -> Execution:
    execution = states.add(Execution(RUN, order={"dataset": "customers"}))
    execution.add("ExecutionStarted")
    execution.add("TaskStateEntered", name="Open Run", input='{"task_token": "AQC"}')
    recorded(record, RUN)
    return execution


def recorded(
    record: Callable[..., None], run_id: str, status: str = "RUNNING", **more: dict[str, Any]
) -> None:
    attributes = {
        "run_id": run_id,
        "dataset": run_id.partition("-")[0],
        "status": status,
        "started_at": timestamps.to_text(START),
    }
    record(f"RUN#{run_id}", "RUN", **attributes | more)


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
    assert f'data-live="/runs/{RUN}/live"' in answer.text
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
    events = list(islice(stream(cloud, RUN, execution_arn(RUN), lambda _: None), 10))
    assert [each.partition(":")[0] for each in events if each[0] != ":"] == [
        "data",
        "data",
        "event",
    ]
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


def test_a_late_answer_shows_the_facts_as_they_stand_now(
    browser: FlaskClient, gate: Gate, guard: Guard
) -> None:
    decided = APPROVAL | {"status": "APPROVED", "is_open": False, "decided_by": "Ada"}
    told = decided | {"message": "Ada approved it at 08:00"}
    gate.answers = {"POST /operator/approvals/aaaabbbbccccdddd/decision": (409, told)}
    form = {"decision": "reject", "form_token": guard.form_token()}
    answer = browser.post("/approvals/aaaabbbbccccdddd", data=form)
    assert answer.status_code == 409
    assert "Ada approved it at 08:00" in answer.text
    assert "Approved by Ada" in answer.text
    assert f'href="/runs/{RUN}"' in answer.text
    assert 'class="decide' not in answer.text


def test_a_run_that_step_functions_has_forgotten_is_shown_from_its_record(
    browser: FlaskClient, run: Execution, states: ScriptedStates
) -> None:
    states.forget(RUN)
    page = browser.get(f"/runs/{RUN}")
    assert page.status_code == 200
    assert "Its states are gone" in page.text
    assert "Redrive" not in page.text


def test_a_step_is_shown_in_full_without_its_token(browser: FlaskClient, run: Execution) -> None:
    run.add("TaskScheduled", parameters='{"Payload": {"task_token": "AQC"}}')
    run.add("TaskFailed", error="States.TaskFailed", cause="out of luck")
    page = browser.get(f"/runs/{RUN}?step=0").text
    assert "out of luck" in page
    assert "(redacted)" in page
    assert "AQC" not in page
    assert browser.get(f"/runs/{RUN}?step=7").status_code == 404


def test_what_needs_somebody_stands_first(
    browser: FlaskClient, record: Callable[..., None], guard: Guard, states: ScriptedStates
) -> None:
    started = timestamps.to_text(datetime.now(UTC) - timedelta(days=1))
    ended = timestamps.to_text(datetime.now(UTC) - timedelta(hours=23))
    states.add(Execution("customers-b-csv-1")).end("FAILED")
    recorded(
        record,
        "customers-b-csv-1",
        "FAILED",
        started_at=started,
        ended_at=ended,
        error="DynamoDBError",
        cause="AccessDenied on T",
    )
    recorded(record, "customers-c-csv-1", "REFUSED", started_at=started, ended_at=ended)
    recorded(record, "customers-c-csv-2", "LOADED", started_at=ended, ended_at=ended)
    recorded(record, "customers-d-csv-1", "REFUSED")  # long ago
    page = browser.get("/").text
    assert 'id="need-customers-b-csv-1"' in page
    assert "DynamoDBError: AccessDenied on T" in page
    assert "need-customers-c-csv-1" not in page, "the file came again and was loaded"
    assert "need-customers-d-csv-1" not in page

    form = {"form_token": guard.form_token(), "comment": "known outage"}
    answer = browser.post("/runs/customers-b-csv-1/done", data=form)
    assert answer.status_code == 303
    assert "need-customers-b-csv-1" not in browser.get("/").text
    page = browser.get("/runs/customers-b-csv-1").text
    assert "known outage" in page
    assert "arn:aws:" in page, "who said so"


def test_alarms_that_ring_and_dead_letters_need_somebody(
    browser: FlaskClient, cloud: Cloud
) -> None:
    resource = {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": "sluice-StuckAlarm"}

    def list_alarm(parsed: dict[str, Any], **_: object) -> None:
        parsed["StackResourceSummaries"].append(resource)

    cloud.stacks.meta.events.register("after-call.cloudformation.ListStackResources", list_alarm)
    cloud.metrics.put_metric_alarm(
        AlarmName="sluice-StuckAlarm",
        AlarmDescription="A run has been open for a day",
        MetricName="OldestRunSeconds",
        Namespace="Sluice/sluice",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=300,
        Statistic="Maximum",
        Threshold=86_400,
    )
    assert "Nothing waits for anybody." in browser.get("/").text
    alarm = {"AlarmName": "sluice-StuckAlarm", "StateReason": "one is"}
    cloud.metrics.set_alarm_state(StateValue="ALARM", **alarm)
    url = cloud.stack.undelivered_queue_url
    assert url
    cloud.queues.send_message(QueueUrl=url, MessageBody="{}")
    page = browser.get("/").text
    assert 'id="alarm-sluice-StuckAlarm"' in page
    assert "A run has been open for a day" in page
    assert "1 dead letter:" in page
    assert '<span class="pill ask">2</span>' in page
    cloud.metrics.set_alarm_state(StateValue="OK", **alarm)
    assert "alarm-sluice-StuckAlarm" not in browser.get("/").text


def test_a_run_that_died_unnoticed_is_told_as_failed(
    browser: FlaskClient, states: ScriptedStates
) -> None:
    states.add(Execution(RUN)).end("ABORTED")
    for address in ("/", "/?status=failed"):
        assert '<span class="pill failed">failed</span>' in browser.get(address).text, address


def test_a_part_of_a_load_has_a_page_of_its_own(
    browser: FlaskClient, states: ScriptedStates, run: Execution, record: Callable[..., None]
) -> None:
    map_run = "arn:aws:states:eu-central-1:123456789012:mapRun:csv-pipeline/LoadBatches:1"
    run.add("TaskStateExited", name="Open Run", output="{}")
    run.add("MapStateEntered", name="Load Batches")
    run.add("MapStateStarted", length=0)
    run.add("MapRunStarted", mapRunArn=map_run)
    states.map_runs[map_run] = {"total": 2, "succeeded": 1, "failed": 1}
    for number in range(2):
        child = states.add(
            Execution(f"part-{number}", order={"part": {"index": number}}, map_run_arn=map_run)
        )
        child.add("TaskStateEntered", name="Load Batch")
        child.add("TaskScheduled", resource="invoke", parameters="{}")
        child.add("TaskStarted", resource="invoke")
        numbers = {"loaded": 500, "rows_done": 500}
        record(f"RUN#{RUN}", f"LOAD#{number:06}", **numbers)
    child.add("TaskFailed", error="DynamoDBError", cause="AccessDenied on T")
    child.end("FAILED", error="DynamoDBError", cause="AccessDenied on T")
    page = browser.get(f"/runs/{RUN}?step=1").text
    assert "2 in all, 1 succeeded, 1 failed" in page
    assert page.count('<td class="number">500</td>') == 4
    [address] = re.findall(r'href="([^"]+part=part-1)"', page)
    page = browser.get(html.unescape(address)).text
    assert "Load Batches: part part-1" in page
    assert "DynamoDBError: AccessDenied on T" in page
    assert re.search(r'aria-label="Trace">\s*<tbody><tr><td>Load Batch', page)
    assert browser.get(f"/runs/{RUN}?step=1&part=none").status_code == 404


def test_a_step_tells_its_attempts(browser: FlaskClient, run: Execution) -> None:
    run.add("TaskScheduled", resource="invoke", parameters="{}")
    run.add("TaskStarted", resource="invoke")
    run.add("TaskFailed", error="Lambda.ServiceException", cause="busy")
    run.add("TaskScheduled", resource="invoke", parameters="{}")
    page = browser.get(f"/runs/{RUN}?step=0").text
    trace = page.partition('aria-label="Trace"')[2].partition("</table>")[0]
    assert trace.count("<tr>") == 2
    assert "attempt 1" in trace
    assert "Lambda.ServiceException" in trace


def test_each_file_of_a_run_has_its_own_rejected_rows(
    browser: FlaskClient, states: ScriptedStates, record: Callable[..., None], cloud: Cloud
) -> None:
    states.add(Execution(RUN)).end("SUCCEEDED")
    keys = [f"incoming/customers/{letter}.csv" for letter in "abc"]
    files = [{"key": key, "version_id": f"v-{key}", "disposition": "archived"} for key in keys]
    recorded(
        record,
        RUN,
        "LOADED",
        ended_at=timestamps.to_text(START),
        counts={"rows_in": 9, "rejected": 2},
        files=files,
        report_uri="s3://work/report.json",
    )
    told = [{"version_id": f"v-{key}", "rejected": int(not key.endswith("/c.csv"))} for key in keys]
    report = json.dumps({"files": told, "rules": [], "warnings": {}}).encode()
    cloud.s3.put_object(Bucket="work", Key="report.json", Body=report)
    page = browser.get(f"/runs/{RUN}").text
    assert re.findall(r"Rejected rows of (\S+) as CSV", page) == ["a.csv", "b.csv"]
    assert re.findall(r'<option value="(\S+)">', page) == keys[:2]
    assert "choose one by --file" in browser.get(f"/runs/{RUN}/rejects.csv").text


def test_runs_are_filtered_and_paged_by_addresses_that_stay_true(
    browser: FlaskClient, record: Callable[..., None]
) -> None:
    for number in range(120):
        status = "FAILED" if number % 40 == 0 else "LOADED"
        began = START + timedelta(minutes=number // 2)  # two of each moment
        recorded(
            record,
            f"customers-f{number:03}-csv-0",
            status,
            started_at=timestamps.to_text(began),
            ended_at=timestamps.to_text(began),
        )
    recorded(record, "addresses-f500-csv-0", "LOADED")
    seen: list[str] = []
    address: str | None = "/?dataset=customers"
    while address:
        page = browser.get(address).text
        seen += re.findall(r'id="run-(\S+?)"', page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        address = html.unescape(older[1]) if older else None
        recorded(record, f"customers-new{len(seen)}-csv-0", "LOADED", started_at="2027")
    assert len(seen) == len(set(seen)) == 120
    assert seen[:2] == ["customers-f119-csv-0", "customers-f118-csv-0"]

    failed = re.findall(r'id="run-(\S+?)"', browser.get("/?status=failed").text)
    assert failed == [f"customers-f{number:03}-csv-0" for number in (80, 40, 0)]
    [one] = re.findall(r'id="run-(\S+?)"', browser.get("/?file=F042.csv").text)
    assert one == "customers-f042-csv-0"
    assert "No such run" in browser.get("/?since=2026-02-01&until=2026-02-02").text
    assert browser.get("/?status=sleepy").status_code == 422
    assert browser.get("/?since=tomorrow").status_code == 422


def test_a_run_that_was_cut_off_is_redriven_and_the_page_says_by_whom(
    browser: FlaskClient, run: Execution, record: Callable[..., None], guard: Guard
) -> None:
    run.started_at = datetime.now(UTC)
    run.end("ABORTED", error="StoppedByHand", cause="a mistake")
    recorded(record, RUN, "FAILED", ended_at=timestamps.to_text(run.started_at))
    assert 'id="do-redrive"' in browser.get(f"/runs/{RUN}").text
    assert browser.post(f"/runs/{RUN}/redrive").status_code == 403
    assert run.status == "ABORTED"
    browser.post(f"/runs/{RUN}/redrive", data={"form_token": guard.form_token()})
    assert run.status == "RUNNING"
    assert "redrive by arn:aws:" in browser.get(f"/runs/{RUN}").text


def test_many_runs_are_redriven_at_once_after_one_question(
    browser: FlaskClient, states: ScriptedStates, record: Callable[..., None], guard: Guard
) -> None:
    now = timestamps.to_text(datetime.now(UTC))
    for name in ("a", "b"):
        states.add(Execution(f"customers-{name}-0")).end("ABORTED")
        recorded(record, f"customers-{name}-0", "FAILED", ended_at=now)
    plan = browser.get("/bulk?action=redrive&status=failed").text
    assert "Redrive 2 runs?" in plan
    assert states.executions[execution_arn("customers-a-0")].status == "ABORTED"
    form = {"form_token": guard.form_token(), "action": "redrive", "run": "customers-a-0"}
    assert "1 of 1 done" in browser.post("/bulk", data=form).text
    assert states.executions[execution_arn("customers-a-0")].status == "RUNNING"
    assert states.executions[execution_arn("customers-b-0")].status == "ABORTED", "not ticked"


def test_a_file_is_judged_before_it_is_dropped(
    browser: FlaskClient,
    cloud: Cloud,
    guard: Guard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sample = Path("sample_data/customers_dirty.csv").read_bytes()
    form = {"form_token": guard.form_token(), "upload": (io.BytesIO(sample), "customers_dirty.csv")}
    checked = browser.post("/drop/check", data=form)
    page = browser.get(checked.headers["Location"]).text
    assert "A person would be asked" in page
    assert cloud.s3.list_objects_v2(Bucket="landing")["KeyCount"] == 0
    dropped = browser.post(checked.headers["Location"], data={"form_token": guard.form_token()})
    assert dropped.status_code == 303
    key = "incoming/customers/customers_dirty.csv"
    assert cloud.s3.get_object(Bucket="landing", Key=key)["Body"].read() == sample
    assert "becomes its run" in browser.get(dropped.headers["Location"]).text
    again = browser.post(checked.headers["Location"], data={"form_token": guard.form_token()})
    assert again.status_code == 404, "once only"
    assert list(tmp_path.iterdir()) == [], "nothing of the file stays on this machine"


def test_a_dataset_tells_its_contract_and_its_trends(
    browser: FlaskClient, record: Callable[..., None]
) -> None:
    for number, rows in enumerate((100, 110, 90)):
        recorded(
            record,
            f"customers-{number}-csv-0",
            "LOADED",
            started_at=timestamps.to_text(START + timedelta(days=number)),
            ended_at=timestamps.to_text(START + timedelta(days=number, minutes=-1)),
            counts={"rows_in": rows, "valid": rows},
        )
    order = {"by": "arn:a", "at": "2026-02-01T00:00:00.000Z", "comment": "", "state": "DONE"}
    undone = order | {"counts": {}}
    for status, more in (("REFUSED", {}), ("LOADED", {"undo": undone})):
        recorded(
            record,
            f"customers-{status.lower()}-csv-1",
            status,
            ended_at=timestamps.to_text(START),
            counts={"rows_in": 9000},
            **more,
        )
    page = browser.get("/datasets/customers").text
    assert "105 rows a run" in page, "of runs that were loaded and stayed so"
    assert "The key is customer_id" in page
    assert page.count('class="chart"') == 2
    assert ": 0.0 s</title>" in page, "a clock that was behind makes no negative duration"
    assert browser.get("/datasets/nonsense").status_code == 404
    assert "customers" in browser.get("/datasets").text
