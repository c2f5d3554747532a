from __future__ import annotations

import json
from typing import Any

import pytest

import start_runs
from pipeline.errors import EventError, TransientError
from tests.support.stack import LANDING, MACHINE_ARN, Stack, outage, run_of

PRODUCER = "210987654321"


def s3_event(file: dict[str, Any]) -> dict[str, Any]:
    described = {
        "key": file["key"],
        "size": file["size_bytes"],
        "etag": file["etag"],
        "version-id": file["version_id"],
        "sequencer": "0062E99A88DC407460",
    }
    return {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {
            "bucket": {"name": file["bucket"]},
            "object": described,
            "requester": PRODUCER,
        },
    }


def executions(stack: Stack) -> dict[str, dict[str, Any]]:
    listed = stack.stepfunctions.list_executions(stateMachineArn=MACHINE_ARN)["executions"]
    arns = {execution["name"]: execution["executionArn"] for execution in listed}
    describe = stack.stepfunctions.describe_execution
    return {name: json.loads(describe(executionArn=arn)["input"]) for name, arn in arns.items()}


def test_a_drop_starts_one_run_however_often_it_is_announced(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/März + 1%41.csv")
    answers = [start_runs.handler(s3_event(file), None) for _ in range(5)]
    assert all(answer == answers[0] for answer in answers)
    ((name, given),) = executions(stack).items()
    assert name == answers[0]["started"][0]["run_id"] == given["run_id"]
    assert given["dataset"] == "addresses"
    assert given["files"] == [file | {"sequencer": "0062E99A88DC407460", "requester": PRODUCER}]


def test_a_run_that_has_ended_is_not_started_again(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/a.csv")
    first = start_runs.handler(s3_event(file), None)["started"][0]
    stack.stepfunctions.stop_execution(executionArn=first["execution_arn"])
    assert start_runs.handler(s3_event(file), None)["started"] == [first]
    assert len(executions(stack)) == 1


def test_two_versions_of_one_key_are_two_runs(stack: Stack) -> None:
    for content in (b"id\n1\n", b"id\n2\n"):
        start_runs.handler(s3_event(stack.drop("incoming/addresses/a.csv", content)), None)
    assert len(executions(stack)) == 2


@pytest.mark.parametrize("key", ["incoming/addresses/", "incoming/", "elsewhere/a.csv"])
def test_what_is_no_file_of_the_landing_zone_is_ignored(stack: Stack, key: str) -> None:
    answer = start_runs.handler(s3_event(stack.drop(key, b"")), None)
    assert answer == {"started": [], "ignored": [key]}


@pytest.mark.parametrize("key", ["incoming/a.csv", "incoming/unheard-of/a.csv"])
def test_a_file_of_no_known_dataset_gets_a_run_that_refuses_it(stack: Stack, key: str) -> None:
    (started,) = start_runs.handler(s3_event(stack.drop(key)), None)["started"]
    assert started["dataset"] == "unassigned"


def test_the_schedule_batches_what_no_run_takes_care_of(stack: Stack) -> None:
    taken = stack.drop("incoming/addresses/taken.csv")
    stack.claim(taken, run_of("r1"))
    settled = stack.drop("incoming/addresses/settled.csv")
    stack.claim(settled, run_of("r1"), state="SETTLED")
    failed = stack.drop("incoming/addresses/failed.csv")
    stack.claim(failed, run_of("r1"), state="FAILED", failures=2)
    hopeless = stack.drop("incoming/addresses/hopeless.csv")
    stack.claim(hopeless, run_of("r1"), state="FAILED", failures=3)
    stack.drop("incoming/addresses/", b"")
    new = [stack.drop(f"incoming/{name}.csv") for name in ("addresses/new", "customers/c")]
    answer = start_runs.handler({"source": "sluice.schedule"}, None)
    assert [started["dataset"] for started in answer["started"]] == ["addresses", "customers"]
    inputs = {given["dataset"]: given for given in executions(stack).values()}
    assert inputs["addresses"]["files"] == [failed, new[0]]
    assert inputs["customers"]["files"] == [new[1]]
    assert inputs["addresses"]["trigger"] == "schedule"


def test_the_schedule_takes_every_version_but_none_that_was_deleted(stack: Stack) -> None:
    overwritten = stack.drop("incoming/addresses/a.csv", b"id\n1\n")
    latest = stack.drop("incoming/addresses/a.csv", b"id\n2\n")
    stack.drop("incoming/addresses/deleted.csv")
    stack.s3.delete_object(Bucket=LANDING, Key="incoming/addresses/deleted.csv")
    start_runs.handler({"source": "sluice.schedule"}, None)
    (given,) = executions(stack).values()
    assert given["files"] == [latest, overwritten]


def suspend_versioning(stack: Stack) -> None:
    stack.s3.put_bucket_versioning(Bucket=LANDING, VersioningConfiguration={"Status": "Suspended"})


def test_a_drop_without_a_version_is_refused_and_stays(stack: Stack) -> None:
    suspend_versioning(stack)
    for content in (b"id\n1\n", b"id\n2\n"):
        dropped = stack.s3.put_object(Bucket=LANDING, Key="incoming/addresses/a.csv", Body=content)
        event = s3_event({"bucket": LANDING, "key": "incoming/addresses/a.csv", "version_id": "",
                          "etag": dropped["ETag"], "size_bytes": 5})  # fmt: skip
        with pytest.raises(EventError, match="Enable its versioning and drop them again"):
            start_runs.handler(event, None)
    assert executions(stack) == {}
    assert stack.lies(LANDING) == ["incoming/addresses/a.csv"]


@pytest.mark.parametrize("source", ["sluice.schedule", "manual"])
def test_files_without_a_version_stop_no_others(stack: Stack, source: str) -> None:
    kept = stack.drop("incoming/addresses/kept.csv")
    suspend_versioning(stack)
    stack.s3.put_object(Bucket=LANDING, Key="incoming/customers/c\u202e.csv", Body=b"id\n1\n")
    keys = ["incoming/addresses/kept.csv", "incoming/customers/c\u202e.csv"]
    with pytest.raises(EventError, match=r"1 files .*\\u202e"):
        start_runs.handler({"source": source, "keys": keys}, None)
    (given,) = executions(stack).values()
    assert given["files"] == [kept]


def test_a_file_that_failed_gets_a_new_run_each_time(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/a.csv")
    for failures in range(3):
        stack.claim(file, run_of("r1"), state="FAILED", failures=failures)
        start_runs.handler({"source": "sluice.schedule"}, None)
        start_runs.handler({"source": "sluice.schedule"}, None)
    assert len(executions(stack)) == 3


def test_who_put_a_file_there_is_known_to_later_runs_of_it(stack: Stack) -> None:
    """Only the event says so: the claim of the first run keeps it."""
    known, unknown = (stack.drop(f"incoming/addresses/{name}.csv") for name in "ab")
    stack.claim(known, run_of("r1"), state="FAILED", failures=1, requester=PRODUCER)
    start_runs.handler({"source": "sluice.schedule"}, None)
    (given,) = executions(stack).values()
    assert given["files"] == [known | {"requester": PRODUCER}, unknown]


def test_batches_keep_within_the_limit(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_FILES_PER_RUN", "2")
    for number in range(5):
        stack.drop(f"incoming/addresses/{number}.csv")
    start_runs.handler({"source": "sluice.schedule"}, None)
    assert sorted(len(given["files"]) for given in executions(stack).values()) == [1, 2, 2]


def test_files_can_be_started_by_hand(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/a.csv")
    stack.drop("incoming/addresses/a.csv.bak")
    event = {"source": "manual", "keys": ["incoming/addresses/a.csv"]}
    (started,) = start_runs.handler(event, None)["started"]
    given = executions(stack)[started["run_id"]]
    assert (given["trigger"], given["files"]) == ("manual", [file])


def test_one_version_can_be_started_by_hand(stack: Stack) -> None:
    older = stack.drop("incoming/addresses/a.csv", b"id\n1\n")
    newer = stack.drop("incoming/addresses/a.csv", b"id\n2\n")
    stack.claim(newer, run_of("r1"))
    named = [{"key": file["key"], "version_id": file["version_id"]} for file in (older, newer)]
    answer = start_runs.handler({"source": "manual", "files": named}, None)
    (given,) = executions(stack).values()
    assert given["files"] == [older]
    assert answer["ignored"] == [newer["key"]]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"source": "manual"}, id="no keys"),
        pytest.param({"source": "manual", "files": [{"key": "incoming/a"}]}, id="no version"),
        pytest.param({"source": "manual", "keys": ["incoming/gone.csv"]}, id="no such file"),
        pytest.param({"detail-type": "Object Created", "detail": {}}, id="no object"),
    ],
)
def test_an_event_that_nobody_understands_is_refused(stack: Stack, event: dict[str, Any]) -> None:
    with pytest.raises(EventError):
        start_runs.handler(event, None)


def test_a_throttled_start_says_that_it_may_be_tried_again(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/a.csv")
    with (
        outage(stack.stepfunctions, "StartExecution", "ThrottlingException"),
        pytest.raises(TransientError),
    ):
        start_runs.handler(s3_event(file), None)
    assert start_runs.handler(s3_event(file), None)["started"]
