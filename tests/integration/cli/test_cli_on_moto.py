"""The commands against S3, DynamoDB and CloudFormation, with executions from a script."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sluice.runs.drops import drop_file
from sluice.stack.cloud import Cloud, connect
from sluice.terminal.exits import NotFoundError
from tests.integration.cli.scripted_gate import Gate
from tests.integration.cli.scripted_states import START, Execution, ScriptedStates, execution_arn
from tests.support.checkouts import with_contract

Sluice = Callable[..., Result]
Record = Callable[..., None]

RUN = "customers-customers-csv-0123456789ab"
COUNTS = {"rows_in": 3, "valid": 2, "rejected": 1, "loaded": 2}
PENDING = {
    "approval_id": "aaaabbbbccccdddd",
    "run_id": RUN,
    "dataset": "customers",
    "status": "PENDING",
    "created_at": "2026-01-31T08:00:00.000Z",
    "expires_at": "2099-01-31T08:00:00.000Z",
    "reasons": ["1 of 3 rows was rejected"],
    "counts": {"rows_in": 3, "valid": 2, "rejected": 1},
    "decided_by": None,
}


def loaded(record: Record, run_id: str = RUN, **more: Any) -> None:
    record(
        f"RUN#{run_id}",
        "RUN",
        run_id=run_id,
        dataset="customers",
        trigger="s3",
        status="LOADED",
        counts=COUNTS,
        report_uri=f"s3://work/runs/{run_id}/0-0/report.json",
        **more,
        files=[
            {
                "key": "incoming/customers/customers.csv",
                "version_id": "v1",
                "disposition": "archived",
                "destination_uri": "s3://work/archive/customers.csv",
            }
        ],
    )


def ask(record: Record) -> None:
    record(
        "APPROVAL#aaaabbbbccccdddd",
        "APPROVAL",
        approval_id="aaaabbbbccccdddd",
        run_id=RUN,
        dataset="customers",
        status="PENDING",
        task_token="never-to-be-seen",
        open="APPROVAL",
        open_since="2026-01-31T08:00:00.000Z",
        expires_at="2099-01-31T08:00:00.000Z",
        report_uri=f"s3://work/runs/{RUN}/0-0/report.json",
        counts=PENDING["counts"],
    )


def finished(states: ScriptedStates, run_id: str = RUN, **times: Any) -> Execution:
    execution = states.add(Execution(run_id, **times))
    execution.add("ExecutionStarted")
    execution.add("TaskStateEntered", name="Reconcile Load")
    execution.add("TaskScheduled", resource="invoke")
    execution.add("TaskSucceeded", resource="invoke")
    execution.add("TaskStateExited", name="Reconcile Load", output="{}")
    execution.end("SUCCEEDED", output="{}")
    return execution


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text("customer_id\n1\n")
    return path


@pytest.fixture
def claimed(cloud: Cloud, states: ScriptedStates, record: Record) -> Execution:
    """An execution that claims whatever is dropped, as soon as it has been dropped."""
    execution = Execution(RUN, order={"dataset": "customers", "trigger": "s3"})

    def claim(parsed: dict[str, Any], **_: Any) -> None:
        execution.add("ExecutionStarted")
        states.add(execution)
        version = f"FILE#landing#{parsed['VersionId']}#incoming/customers/customers.csv"
        record(version, "CLAIM", run_id=RUN, owner=execution_arn(RUN))

    cloud.s3.meta.events.register("after-call.s3.PutObject", claim)
    return execution


def test_run_prints_exactly_one_document(
    sluice: Sluice, claimed: Execution, record: Record, customers: Path
) -> None:
    claimed.steps = [
        lambda: None,
        lambda: claimed.add("TaskStateEntered", name="Plan Conversion"),
        lambda: claimed.add("TaskStateExited", name="Plan Conversion", output="{}"),
        lambda: (loaded(record), claimed.end("SUCCEEDED", output="{}")),
    ]
    result = sluice("run", str(customers), "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document.pop("seconds") >= 0
    assert document == {
        "run_id": RUN,
        "execution_arn": execution_arn(RUN),
        "dataset": "customers",
        "status": "LOADED",
        "counts": {**COUNTS, "replayed": 0, "superseded": 0, "duplicates": 0, "warnings": 0},
        "files": [
            {
                "key": "incoming/customers/customers.csv",
                "version_id": "v1",
                "disposition": "archived",
            }
        ],
        "report_uri": f"s3://work/runs/{RUN}/0-0/report.json",
    }
    assert "Plan Conversion" in result.stderr


def wait_at_gate(execution: Execution, record: Record) -> None:
    execution.add("TaskStateEntered", name="Request Approval")
    execution.add("TaskScheduled", resource="invoke.waitForTaskToken")
    execution.add("TaskSubmitted", resource="invoke.waitForTaskToken")
    ask(record)


def test_run_ends_with_three_when_a_person_must_decide(
    sluice: Sluice, claimed: Execution, record: Record, customers: Path
) -> None:
    claimed.steps = [lambda: wait_at_gate(claimed, record)]
    result = sluice("run", str(customers), "--json")
    assert result.exit_code == 3
    document = json.loads(result.stdout)
    assert document["status"] == "WAITING"
    assert document["counts"]["rejected"] == 1
    assert "sluice approvals approve aaaabbbbccccdddd" in result.stderr
    assert "never-to-be-seen" not in result.output


def test_run_answers_the_gate_where_it_is_told_to(
    sluice: Sluice, claimed: Execution, record: Record, customers: Path, gate: Gate
) -> None:
    route = "/operator/approvals/aaaabbbbccccdddd"
    gate.answers[f"POST {route}/decision"] = (200, {**PENDING, "status": "APPROVED"})

    def go_on() -> None:
        loaded(record)
        claimed.end("SUCCEEDED", output="{}")

    gate.on_decision = go_on
    claimed.steps = [lambda: wait_at_gate(claimed, record)]
    result = sluice("run", str(customers), "--json", "--approve", "--comment", "known gaps")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["status"] == "LOADED"
    [(request, body, signature)] = gate.heard
    assert request == f"POST {route}/decision"
    assert body == {"decision": "approve", "comment": "known gaps"}
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=test/")
    assert "/eu-central-1/execute-api/aws4_request" in signature


def test_a_file_above_the_limit_of_one_put_goes_up_in_parts(cloud: Cloud, customers: Path) -> None:
    drop = drop_file(cloud, customers, dataset="customers", max_put_bytes=5)
    found = cloud.s3.get_object(Bucket="landing", Key=drop.key, VersionId=drop.version_id)
    assert found["Body"].read() == customers.read_bytes()
    assert not cloud.s3.list_multipart_uploads(Bucket="landing").get("Uploads")


def test_drop_says_where_the_file_lies(sluice: Sluice, cloud: Cloud, customers: Path) -> None:
    result = sluice("drop", str(customers), "--json")
    document = json.loads(result.stdout)
    assert document["key"] == "incoming/customers/customers.csv"
    head = cloud.s3.head_object(
        Bucket="landing", Key=document["key"], VersionId=document["version_id"]
    )
    assert head["ContentLength"] == document["size_bytes"]


def test_runs_lists_the_newest_first_with_honest_statuses(
    sluice: Sluice, states: ScriptedStates, record: Record
) -> None:
    finished(states)
    loaded(record)
    states.add(Execution("customers-b", started_at=START + timedelta(hours=1)))
    died = states.add(Execution("customers-c", started_at=START + timedelta(hours=2)))
    died.end("ABORTED")
    states.add(Execution("addresses-d", started_at=START - timedelta(hours=1)))
    runs = json.loads(sluice("runs", "--json").stdout)
    assert [(run["run_id"], run["status"]) for run in runs] == [
        ("customers-c", "FAILED"),
        ("customers-b", "RUNNING"),
        (RUN, "LOADED"),
        ("addresses-d", "RUNNING"),
    ]
    failed = json.loads(sluice("runs", "--status", "FAILED", "--json").stdout)
    assert [run["run_id"] for run in failed] == ["customers-c"]
    other = json.loads(sluice("runs", "--dataset", "addresses", "--limit", "1", "--json").stdout)
    assert [run["run_id"] for run in other] == ["addresses-d"]


def test_runs_of_a_dataset_that_nobody_knows_end_with_four(
    sluice: Sluice, states: ScriptedStates
) -> None:
    finished(states)
    result = sluice("runs", "--dataset", "adresses", "--json")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "no dataset adresses; there are: addresses, customers" in result.stderr


@pytest.mark.parametrize("name", ["addresses", "unassigned"])
def test_runs_of_a_dataset_without_any_are_an_empty_list(sluice: Sluice, name: str) -> None:
    result = sluice("runs", "--dataset", name, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_runs_of_a_dataset_that_is_gone_are_still_listed(
    sluice: Sluice, states: ScriptedStates
) -> None:
    finished(states, "prices-a")
    assert "prices-a" in sluice("runs", "--dataset", "prices").stdout


def test_runs_shows_who_waits(sluice: Sluice, states: ScriptedStates, record: Record) -> None:
    states.add(Execution(RUN))
    ask(record)
    result = sluice("runs")
    assert "WAITING" in result.stdout
    assert "never-to-be-seen" not in result.output


@pytest.mark.parametrize("name", [RUN, execution_arn(RUN), "latest", "customers-customers"])
def test_show_finds_a_run_by_what_a_person_has_at_hand(
    sluice: Sluice, states: ScriptedStates, record: Record, name: str
) -> None:
    finished(states)
    loaded(record)
    document = json.loads(sluice("show", name, "--json").stdout)
    assert document["run_id"] == RUN
    assert [(s["name"], s["status"]) for s in document["states"]] == [
        ("Reconcile Load", "SUCCEEDED")
    ]
    assert "Reconcile Load" in sluice("show", name).stdout


def test_a_run_that_step_functions_has_forgotten_is_shown_from_its_record(
    sluice: Sluice, states: ScriptedStates, record: Record
) -> None:
    finished(states)
    loaded(record, ended_at="2026-01-31T08:00:09.000Z")
    finished(states, f"{RUN}-2")
    states.forget(RUN)
    listed = json.loads(sluice("runs", "--json").stdout)
    shown = json.loads(sluice("show", RUN, "--json").stdout)
    assert shown.items() >= next(each for each in listed if each["run_id"] == RUN).items()
    assert (shown["states"], shown["seconds"]) == ([], 9)
    text = sluice("show", RUN).stdout
    assert "3 in, 2 valid, 1 rejected, 2 loaded" in text
    assert "states  gone" in text
    assert "rejected rows" in sluice("why", RUN).stdout


@pytest.mark.parametrize("command", ["watch", "graph", "trace", "cost", "logs", "redrive"])
def test_what_needs_a_history_says_when_it_is_gone(
    sluice: Sluice, states: ScriptedStates, record: Record, command: str
) -> None:
    finished(states)
    loaded(record, ended_at="2026-01-31T08:00:09.000Z")
    states.forget(RUN)
    result = sluice(command, RUN)
    assert result.exit_code == (1 if command == "redrive" else 4)
    assert "Step Functions" in result.stderr


def test_a_run_whose_end_nobody_recorded_is_listed_as_failed(
    sluice: Sluice, states: ScriptedStates
) -> None:
    states.add(Execution(RUN))
    states.forget(RUN)
    assert json.loads(sluice("runs", "--json").stdout)[0]["status"] == "FAILED"


def test_a_beginning_that_two_runs_share_names_neither(
    sluice: Sluice, states: ScriptedStates
) -> None:
    finished(states, "customers-a")
    finished(states, "customers-b")
    result = sluice("show", "customers")
    assert result.exit_code == 4
    assert "customers-a" in result.stderr


def test_a_failed_run_counts_what_was_written_before(
    sluice: Sluice, states: ScriptedStates, record: Record
) -> None:
    states.add(Execution(RUN)).end("FAILED", error="Boom", cause="no")
    record(f"RUN#{RUN}", "RUN", run_id=RUN, status="FAILED")
    for part in range(2):
        counts = dict.fromkeys(("loaded", "replayed", "superseded", "duplicates"), 7)
        record(f"RUN#{RUN}", f"LOAD#{part:06}", **counts)
    result = sluice("watch", RUN, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["counts"]["loaded"] == 14
    assert result.stderr.endswith(f"what to do: sluice why {RUN}\n")


def test_lists_tell_what_became_of_the_rows(
    sluice: Sluice, states: ScriptedStates, record: Record
) -> None:
    states.add(Execution(RUN)).end("SUCCEEDED")
    counts = {"rows_in": 200, "valid": 200, "rejected": 0, "loaded": 0, "replayed": 200}
    record(f"RUN#{RUN}", "RUN", run_id=RUN, status="LOADED", counts=counts)
    shown = sluice("show", RUN).stdout
    assert "nothing new: 200 rows were there (200 in, 200 valid, 200 replayed)" in shown
    head, row = sluice("runs").stdout.splitlines()
    names = ["in", "valid", "rejected", "loaded", "replayed", "superseded"]
    assert head.split()[3:9] == names
    assert row.split()[3:9] == ["200", "200", "0", "0", "200", "0"]


@pytest.mark.parametrize("command", ["show", "watch", "rejects"])
def test_an_unknown_run_ends_with_four(sluice: Sluice, command: str) -> None:
    result = sluice(command, "nonsense")
    assert result.exit_code == 4
    assert result.stdout == ""


def test_a_message_spells_commands_as_this_one_was_given(sluice: Sluice) -> None:
    assert "`sluice runs` lists them" in sluice("show", "nonsense").stderr
    result = sluice("--local", "--stack", "other", "show", "nonsense")
    assert "`sluice --local --stack other runs` lists them" in result.stderr
    assert "`sluice --local run FILE` starts one" in sluice("--local", "runs").stderr
    assert "`sluice --local approvals`" in sluice("--local", "approvals", "show", "none").stderr


def test_an_unknown_stack_ends_with_four(cloud: Cloud) -> None:
    with pytest.raises(NotFoundError, match="no stack other"):
        connect("other", session=cloud.session)


def test_rejects_streams_the_rows_that_the_report_lists(
    sluice: Sluice, cloud: Cloud, states: ScriptedStates, record: Record
) -> None:
    finished(states)
    loaded(record)
    rows = [
        {
            "file": "incoming/customers/customers.csv",
            "version_id": "v1",
            "line": line,
            "record": None,
            "errors": [{"column": "customer_id", "rule": "required", "message": "has no value"}],
            "raw": ",x\x1b[2J",
            "contract_version": "abc",
        }
        for line in (2, 5)
    ]
    report = {"rejected_parts": [{"key": f"runs/{RUN}/0-0/rejected/0.jsonl"}]}
    put = cloud.s3.put_object
    put(Bucket="work", Key=f"runs/{RUN}/0-0/report.json", Body=json.dumps(report).encode())
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    put(Bucket="work", Key=f"runs/{RUN}/0-0/rejected/0.jsonl", Body=lines.encode())
    assert json.loads(sluice("rejects", RUN, "--json").stdout) == rows
    assert json.loads(sluice("rejects", RUN, "--json", "--limit", "1").stdout) == rows[:1]
    text = sluice("rejects", RUN).stdout
    assert "customers.csv     5  customer_id  required  has no value" in text


def test_items_keep_every_digit_and_hide_the_bookkeeping(sluice: Sluice, cloud: Cloud) -> None:
    item = {
        "credit_limit": {"N": "12345678901234567890.123456789"},
        "customer_id": {"S": "1"},
        "_sluice": {"M": {"version": {"S": "v"}, "run_id": {"S": RUN}}},
    }
    cloud.dynamodb.put_item(TableName="customers-table", Item=item)
    plain = sluice("items", "customers", "--json")
    assert plain.exit_code == 0, plain.stderr
    assert '"customer_id":"1"' in plain.stdout
    assert "_sluice" not in plain.stdout
    [document] = json.loads(sluice("items", "customers", "--json", "--meta").stdout)
    assert document["_sluice"] == {"version": "v", "run_id": RUN}


def test_items_of_an_unknown_dataset_end_with_four(sluice: Sluice) -> None:
    assert sluice("items", "nonsense").exit_code == 4


def test_approvals_lists_shows_and_refuses_politely(
    sluice: Sluice, gate: Gate, states: ScriptedStates
) -> None:
    finished(states)
    route = "/operator/approvals"
    gate.answers = {
        f"GET {route}": (200, {"approvals": [PENDING]}),
        f"GET {route}/aaaabbbbccccdddd": (200, PENDING),
        f"POST {route}/aaaabbbbccccdddd/decision": (409, {"message": "Ada approved at 08:00"}),
    }
    assert json.loads(sluice("approvals", "--json").stdout) == [PENDING]
    assert RUN in sluice("approvals").stdout
    assert "1 of 3 rows was rejected" in sluice("approvals", "show", "aaaabbbbccccdddd").stdout
    late = sluice("approvals", "reject", "aaaabbbbccccdddd")
    assert late.exit_code == 1
    assert "Ada approved at 08:00" in late.stderr
    assert sluice("approvals", "show", "unknown").exit_code == 4


def test_a_decided_approval_is_found_by_its_run(
    sluice: Sluice, gate: Gate, states: ScriptedStates, record: Record
) -> None:
    finished(states)
    loaded(record, approval_id="aaaabbbbccccdddd")
    decided = {**PENDING, "status": "EXPIRED", "standing": "Nobody decided in time: it expired."}
    gate.answers = {
        "GET /operator/approvals": (200, {"approvals": []}),
        "GET /operator/approvals/aaaabbbbccccdddd": (200, decided),
    }
    shown = sluice("approvals", "show", RUN)
    assert shown.exit_code == 0, shown.stderr
    assert "decided  Nobody decided in time" in shown.stdout


def test_show_tells_who_answered_the_gate(
    sluice: Sluice, states: ScriptedStates, record: Record
) -> None:
    finished(states)
    said = {"status": "APPROVED", "by": "Ada", "comment": "fine", "decided_at": "2026-01-31T08:00Z"}
    loaded(record, approval=said)
    assert "approved by Ada at 2026-01-31" in sluice("show", RUN).stdout
    assert json.loads(sluice("show", RUN, "--json").stdout)["decision"] == said


def test_show_tells_on_whose_word_a_run_asked_nobody(
    sluice: Sluice, states: ScriptedStates, record: Record
) -> None:
    finished(states)
    loaded(record, taken_over_from="customers-earlier")
    assert "asked nobody again: customers-earlier decided" in sluice("show", RUN).stdout


def test_the_gate_gets_one_answer_only(sluice: Sluice, customers: Path) -> None:
    assert sluice("run", str(customers), "--approve", "--reject").exit_code == 2


def test_approve_by_the_run_follows_it_to_the_end(
    sluice: Sluice, gate: Gate, states: ScriptedStates, record: Record
) -> None:
    finished(states)
    loaded(record)
    ask(record)
    answer = {**PENDING, "status": "APPROVED", "decided_by": "Ada"}
    route = "/operator/approvals/aaaabbbbccccdddd"
    gate.answers = {
        "GET /operator/approvals": (200, {"approvals": [PENDING]}),
        f"GET {route}": (200, PENDING),
        f"POST {route}/decision": (200, answer),
    }
    result = sluice("approvals", "approve", RUN, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["run"]["status"] == "LOADED"
    at_once = sluice("approvals", "approve", RUN, "--json", "--no-follow")
    assert json.loads(at_once.stdout) == answer


def interrupt() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_says_that_the_run_goes_on(sluice: Sluice, states: ScriptedStates) -> None:
    run = states.add(Execution(RUN))
    run.add("ExecutionStarted")
    run.steps = [interrupt]
    result = sluice("watch", RUN)
    assert result.exit_code == 130
    assert f"run {RUN} goes on; follow it: `sluice watch {RUN}`" in result.stderr


def test_several_files_are_dropped_at_once(sluice: Sluice, tmp_path: Path, cloud: Cloud) -> None:
    files = [tmp_path / f"customers_{number}.csv" for number in range(2)]
    for file in files:
        file.write_text("customer_id\n1\n")
    result = sluice("drop", *map(str, files), "--json")
    assert result.exit_code == 0, result.stderr
    keys = [f"incoming/customers/customers_{number}.csv" for number in range(2)]
    assert [each["key"] for each in json.loads(result.stdout)] == keys
    assert isinstance(json.loads(sluice("drop", str(files[0]), "--json").stdout), dict)


@pytest.mark.parametrize("words", [["items", "customers"], ["drop", "customers.csv"]])
@pytest.mark.parametrize("text", ["{", "[]", '{"sluice": {"table": "CustomersTable"}}'])
def test_a_contract_that_is_none_is_named(
    sluice: Sluice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], text: str
) -> None:
    with_contract(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    result = sluice(*words)
    assert result.exit_code == 1, result.exception
    assert "functions/contracts/customers.json: " in result.stderr


@pytest.mark.parametrize("command", ["drop", "run"])
def test_nothing_is_dropped_before_the_stack_knows_each_files_dataset(
    sluice: Sluice, customers: Path, cloud: Cloud, command: str
) -> None:
    result = sluice(command, str(customers), "sample_data/addresses.csv")
    assert result.exit_code == 4
    assert "no table AddressesTable for addresses: deploy it first" in result.stderr
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="landing")


@pytest.mark.parametrize("text", [RUN[:15], "aaaabb", RUN, "latest"])
def test_an_approval_is_found_by_how_its_run_or_id_begins(
    sluice: Sluice, record: Record, gate: Gate, text: str
) -> None:
    ask(record)
    gate.answers = {
        "GET /operator/approvals": (200, {"approvals": [PENDING]}),
        "GET /operator/approvals/aaaabbbbccccdddd": (200, PENDING),
    }
    result = sluice("approvals", "show", text)
    assert result.exit_code == 0, result.stderr
    assert "aaaabbbbccccdddd" in result.stdout


def test_a_run_that_is_close_is_offered(sluice: Sluice, states: ScriptedStates) -> None:
    states.add(Execution(RUN))
    result = sluice("show", RUN.replace("customers-csv", "costumers-csv"))
    assert result.exit_code == 4
    assert f"did you mean {RUN}?" in result.stderr
