"""why, logs, stop, redrive and replay against scripted executions."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sluice.cli import main
from sluice.stack.cloud import Cloud
from tests.integration.cli.scripted_gate import Gate
from tests.integration.cli.scripted_states import Execution, ScriptedStates

Sluice = Callable[..., Result]
Record = Callable[..., None]

RUN = "customers-customers-csv-0123456789ab"
REQUEST = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def failed(states: ScriptedStates, cloud: Cloud, record: Record) -> Execution:
    """A run whose Plan Conversion failed; its file stays in the landing zone."""
    execution = states.add(Execution(RUN, started_at=datetime.now(UTC)))
    cause = json.dumps({"errorMessage": "no manifest", "requestId": REQUEST})
    execution.add("ExecutionStarted")
    execution.add("TaskStateEntered", name="Plan Conversion")
    execution.add("TaskScheduled", resource="invoke")
    execution.add("TaskFailed", error="KeyError", cause=cause)
    execution.add("TaskStateExited", name="Plan Conversion", output="{}")
    execution.add("FailStateEntered", name="Failed")
    execution.end("FAILED", error="KeyError", cause=cause)
    kept(record)
    stamp = int(datetime.now(UTC).timestamp() * 1000)
    lines = [
        {"level": "ERROR", "errorMessage": "no manifest", "requestId": REQUEST},
        {"level": "INFO", "message": "planned", "run_id": RUN},
        {"level": "ERROR", "message": "of another run", "requestId": "other"},
        {"type": "platform.start", "record": {"requestId": REQUEST}},
    ]
    group = "/sluice/sluice/functions"
    cloud.logs.create_log_group(logGroupName=group)
    stream = "2026/01/31/sluice-PlanConversionFunction-1a2B[3]0c5daf4e"
    cloud.logs.create_log_stream(logGroupName=group, logStreamName=stream)
    cloud.logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": stamp, "message": json.dumps(line)} for line in lines],
    )
    return execution


def kept(record: Record, disposition: str = "kept") -> None:
    file = {
        "key": "incoming/customers/customers.csv",
        "version_id": "v1",
        "disposition": disposition,
        "destination_uri": "s3://work/quarantine/customers/customers.csv",
    }
    record(
        f"RUN#{RUN}",
        "RUN",
        run_id=RUN,
        dataset="customers",
        status="FAILED",
        ended_at="2026-01-31T08:01:00.000Z",
        files=[file],
        error="KeyError",
    )


class StartRuns:
    """Lambda's client, as far as Start Runs is called."""

    def __init__(self, started: list[dict[str, Any]]) -> None:
        self.started = started
        self.payloads: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "start-runs"
        self.payloads.append(json.loads(Payload))
        return {"Payload": io.BytesIO(json.dumps({"started": self.started}).encode())}


def test_why_names_the_step_the_cause_and_the_way_out(sluice: Sluice, failed: Execution) -> None:
    document = json.loads(sluice("why", failed.run_id, "--json").stdout)
    assert (document["state"], document["cause"]) == ("Plan Conversion", "no manifest")
    assert document["log"] == ["no manifest"]
    assert any(f"sluice replay {RUN}" in advice for advice in document["advice"])
    text = sluice("why", failed.run_id)
    assert "no manifest" in text.stdout
    assert text.exit_code == 0


def test_logs_are_those_of_the_run_only(sluice: Sluice, failed: Execution) -> None:
    lines = json.loads(sluice("logs", failed.run_id, "--json").stdout)
    assert [line["text"] for line in lines] == ["no manifest", "planned"]
    assert {line["source"] for line in lines} == {"sluice-PlanConversionFunction-1a2B"}
    assert " PlanConversion ERROR no manifest" in sluice("logs", failed.run_id).stdout
    assert "platform.start" in sluice("logs", failed.run_id, "--platform").stdout


def test_stop_waits_for_the_terminal_record(
    sluice: Sluice, states: ScriptedStates, record: Record
) -> None:
    execution = states.add(Execution(RUN))
    record(f"RUN#{RUN}", "RUN", run_id=RUN, status="RUNNING")
    execution.when_stopped = lambda: kept(record)
    result = sluice("stop", RUN, "--comment", "wrong file", "--json")
    assert result.exit_code == 0, result.stderr
    assert execution.status == "ABORTED"
    document = json.loads(result.stdout)
    assert (document["status"], document["files"][0]["disposition"]) == ("FAILED", "kept")
    assert "nothing tries them again before you do" in result.stderr
    again = sluice("stop", RUN)
    assert again.exit_code == 1
    assert "over already" in again.stderr


def test_redrive_goes_on_with_a_run_that_was_cut_off(
    sluice: Sluice, states: ScriptedStates, record: Record
) -> None:
    kept(record)
    execution = states.add(Execution(RUN))
    execution.add("ExecutionStarted")
    execution.add("TaskStateEntered", name="Load Batches")
    execution.end("ABORTED")
    execution.steps = [lambda: None, lambda: execution.end("SUCCEEDED")]
    result = sluice("redrive", RUN)
    assert "redriven from Load Batches" in result.stderr


def test_a_redriven_run_is_shown_as_it_goes_on(
    sluice: Sluice, states: ScriptedStates, record: Record
) -> None:
    kept(record)
    execution = states.add(Execution(RUN))
    execution.add("ExecutionStarted")
    execution.end("ABORTED")
    assert json.loads(sluice("show", RUN, "--json").stdout)["status"] == "FAILED"
    execution.status, execution.redriven_at = "RUNNING", datetime.now(UTC)
    shown = json.loads(sluice("show", RUN, "--json").stdout)
    assert shown["status"] == "RUNNING"
    assert shown["files"][0]["disposition"] is None
    execution.end("SUCCEEDED")
    assert json.loads(sluice("show", RUN, "--json").stdout)["status"] == "FAILED"


def test_redrive_refuses_what_came_to_its_own_end(sluice: Sluice, failed: Execution) -> None:
    result = sluice("redrive", failed.run_id)
    assert result.exit_code == 1
    assert f"sluice replay {RUN}" in result.stderr
    failed.redrive_status = "NOT_REDRIVABLE"
    assert "cannot be redriven" in sluice("redrive", failed.run_id).stderr


def test_replay_starts_what_was_kept(sluice: Sluice, failed: Execution, cloud: Cloud) -> None:
    functions = StartRuns([{"run_id": "customers-again"}])
    cloud.functions = functions  # type: ignore[assignment]
    assert sluice("replay", failed.run_id).stdout == "customers-again\n"
    key = "incoming/customers/customers.csv"
    assert sluice("replay", key).stdout == "customers-again\n"
    assert functions.payloads == [{"source": "manual", "keys": [key]}] * 2
    functions.started = []
    assert sluice("replay", key).exit_code == 4


def test_replay_drops_again_only_what_it_is_told_to(
    sluice: Sluice, failed: Execution, cloud: Cloud, record: Record
) -> None:
    kept(record, "quarantined")
    cloud.s3.put_object(Bucket="work", Key="quarantine/customers/customers.csv", Body=b"a\n")
    assert sluice("replay", failed.run_id).exit_code == 4
    result = sluice("replay", failed.run_id, "--as-newest")
    assert result.exit_code == 0, result.stderr
    found = cloud.s3.get_object(Bucket="landing", Key="incoming/customers/customers.csv")
    assert found["Body"].read() == b"a\n"


def test_cost_adds_up_what_the_run_used_by_service_and_stage(
    sluice: Sluice, failed: Execution
) -> None:
    document = json.loads(sluice("cost", failed.run_id, "--json").stdout)
    assert document["services"]["Step Functions"]["amount"] == 2
    assert document["services"]["Glue"]["amount"] == 0
    assert document["dollars"] == pytest.approx(2 * 0.000025)
    assert sum(stage["dollars"] for stage in document["stages"].values()) == document["dollars"]
    assert "total" in sluice("cost", failed.run_id).stdout
    assert "cost    about $" in sluice("show", failed.run_id).stdout


def test_doctor_looks_at_this_machine_where_no_region_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    result = CliRunner().invoke(main, ["doctor", "--json"])
    found = {finding["subject"]: finding for finding in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert found["Python"]["well"]
    assert not found["stack"]["well"]
    assert "set AWS_REGION, or use the local cloud (--local)" in found["stack"]["text"]


def test_doctor_finds_what_is_missing_and_goes_on(sluice: Sluice, gate: Gate) -> None:
    gate.answers = {"GET /operator/approvals": (200, {"approvals": []})}
    result = sluice("doctor", "--json")
    assert result.exit_code == 1
    well = {each["subject"]: each["well"] for each in json.loads(result.stdout)}
    assert well["contract customers"]
    assert well["landing bucket"]
    assert well["gate"]
    assert well["working bucket"]
    assert not well["conversion job"]
    assert "✗" in sluice("doctor").stdout


def findings(sluice: Sluice) -> dict[str, tuple[bool, str]]:
    found = json.loads(sluice("doctor", "--json").stdout)
    return {each["subject"]: (each["well"], each["text"]) for each in found}


def test_doctor_misses_the_working_bucket(sluice: Sluice, cloud: Cloud) -> None:
    cloud.s3.put_bucket_versioning(Bucket="work", VersioningConfiguration={"Status": "Suspended"})
    assert findings(sluice)["working bucket"] == (
        False,
        "work keeps no versions: deploy the template again",
    )
    cloud.s3.delete_bucket(Bucket="work")
    well, text = findings(sluice)["working bucket"]
    assert not well
    assert "NoSuchBucket" in text


def test_doctor_looks_for_events_that_nobody_got(sluice: Sluice, cloud: Cloud) -> None:
    url = cloud.stack.undelivered_queue_url
    assert url is not None
    assert findings(sluice)["dead letters"] == (True, "none")
    cloud.queues.send_message(QueueUrl=url, MessageBody="{}")
    well, text = findings(sluice)["dead letters"]
    assert not well
    assert text.startswith("1 in undelivered: ")
    assert url in text


def test_doctor_asks_for_a_deployment_where_the_stack_names_no_queue(
    sluice: Sluice, cloud: Cloud
) -> None:
    cloud.stack = replace(cloud.stack, undelivered_queue_url=None)
    well, text = findings(sluice)["dead letters"]
    assert not well
    assert "deploy the template again" in text


def test_doctor_tells_whether_anybody_is_asked(sluice: Sluice, cloud: Cloud) -> None:
    topic = cloud.stack.approval_topic_arn
    assert topic is not None
    well, text = findings(sluice)["approvers"]
    assert well
    assert "nobody is asked" in text
    arn = "arn:aws:sqs:eu-central-1:123456789012:undelivered"
    cloud.topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    assert findings(sluice)["approvers"] == (True, "1 subscribed")
    cloud.stack = replace(cloud.stack, approval_topic_arn=None)
    assert not findings(sluice)["approvers"][0]


def test_doctor_finds_an_address_that_was_not_confirmed(sluice: Sluice, cloud: Cloud) -> None:
    def pending(parsed: dict[str, Any], **_: object) -> None:
        parsed["Subscriptions"] = [
            {"SubscriptionArn": "PendingConfirmation", "Endpoint": "boss@example.com"}
        ]

    cloud.topics.meta.events.register("after-call.sns.ListSubscriptionsByTopic", pending)
    well, text = findings(sluice)["approvers"]
    assert not well
    assert text.startswith("boss@example.com did not confirm")


def test_why_looks_into_the_children_of_a_distributed_map(
    sluice: Sluice, states: ScriptedStates, record: Record
) -> None:
    execution = states.add(Execution(RUN))
    kept(record)
    map_run = "arn:aws:states:eu-central-1:123456789012:mapRun:csv-pipeline/LoadBatches:1"
    error = {"error": "States.ExceedToleratedFailureThreshold", "cause": "too many"}
    execution.add("ExecutionStarted")
    execution.add("MapStateEntered", name="Load Batches")
    execution.add("MapStateStarted", length=0)
    execution.add("MapRunStarted", mapRunArn=map_run)
    execution.add("MapRunFailed", **error)
    execution.add("MapStateFailed", **error)
    execution.add("MapStateExited", name="Load Batches", output="{}")
    execution.end("FAILED", **error)
    child = states.add(Execution("child", map_run_arn=map_run))
    child.end("FAILED", error="DigestMismatchError", cause='{"errorMessage": "part 3 differs"}')
    document = json.loads(sluice("why", RUN, "--json").stdout)
    assert document["state"] == "Load Batches"
    assert (document["error"], document["cause"]) == ("DigestMismatchError", "part 3 differs")
