from __future__ import annotations

import json
from typing import Any

import pytest

import start_runs
from pipeline.errors import EventError, TransientError
from stores import aws
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


def told(*files: dict[str, Any]) -> dict[str, Any]:
    """A batch of the queue of drops; the ids of its messages are the files' version ids."""
    return {
        "Records": [
            {"messageId": file["version_id"], "body": json.dumps(s3_event(file))} for file in files
        ]
    }


ALL_DONE: dict[str, Any] = {"batchItemFailures": []}


def executions(stack: Stack) -> dict[str, dict[str, Any]]:
    listed = stack.stepfunctions.list_executions(stateMachineArn=MACHINE_ARN)["executions"]
    arns = {execution["name"]: execution["executionArn"] for execution in listed}
    describe = stack.stepfunctions.describe_execution
    return {name: json.loads(describe(executionArn=arn)["input"]) for name, arn in arns.items()}


def test_a_drop_starts_one_run_however_often_it_is_announced(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/März + 1%41.csv")
    for _ in range(5):
        assert start_runs.handler(told(file, file), None) == ALL_DONE
    ((name, given),) = executions(stack).items()
    assert name == given["run_id"]
    assert given["dataset"] == "addresses"
    assert given["files"] == [file | {"sequencer": "0062E99A88DC407460", "requester": PRODUCER}]


def test_a_run_that_has_ended_is_not_started_again(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/a.csv")
    start_runs.handler(told(file), None)
    ((name, _),) = executions(stack).items()
    stack.stepfunctions.stop_execution(executionArn=run_of(name)["execution_arn"])
    assert start_runs.handler(told(file), None) == ALL_DONE
    assert list(executions(stack)) == [name]


def test_two_versions_of_one_key_are_two_runs(stack: Stack) -> None:
    for content in (b"id\n1\n", b"id\n2\n"):
        start_runs.handler(told(stack.drop("incoming/addresses/a.csv", content)), None)
    assert len(executions(stack)) == 2


def test_drops_of_one_dataset_that_arrive_together_are_one_run(stack: Stack) -> None:
    files = [stack.drop(f"incoming/addresses/{n}.csv") for n in range(4)]
    other = stack.drop("incoming/customers/c.csv")
    assert start_runs.handler(told(*files[::-1], other), None) == ALL_DONE
    assert start_runs.handler(told(other, *files), None) == ALL_DONE
    named = {given["dataset"]: given["files"] for given in executions(stack).values()}
    assert {dataset: len(given) for dataset, given in named.items()} == {
        "addresses": 4,
        "customers": 1,
    }
    assert [file["key"] for file in named["addresses"]] == [file["key"] for file in files]


def test_a_file_that_comes_again_in_other_company_starts_no_second_run(stack: Stack) -> None:
    first, second = (stack.drop(f"incoming/addresses/{n}.csv") for n in "ab")
    start_runs.handler(told(first), None)
    stack.claim(first, run_of("r1"))
    start_runs.handler(told(first, second), None)
    assert sorted(len(given["files"]) for given in executions(stack).values()) == [1, 1]


def test_a_failed_file_whose_event_comes_again_waits_for_the_schedule(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/a.csv")
    stack.claim(file, run_of("r1"), state="FAILED", failures=1)
    assert start_runs.handler(told(file), None) == ALL_DONE
    assert executions(stack) == {}


def test_a_message_that_nobody_understands_comes_again_and_blocks_no_other(stack: Stack) -> None:
    batch = told(stack.drop("incoming/addresses/a.csv"))
    for number, body in enumerate(("no JSON", "{}", '{"detail": {"bucket": 1}}', "[]")):
        batch["Records"].insert(0, {"messageId": f"poison-{number}", "body": body})
    failed = start_runs.handler(batch, None)["batchItemFailures"]
    assert {f["itemIdentifier"] for f in failed} == {f"poison-{number}" for number in range(4)}
    assert len(executions(stack)) == 1


def renamed(stack: Stack, key: str) -> dict[str, Any]:
    """A file as an upload client leaves it: written under another name, then renamed."""
    draft = stack.drop(f"{key}.filepart")
    copied = stack.s3.copy_object(
        Bucket=LANDING, Key=key, CopySource={"Bucket": LANDING, "Key": draft["key"]}
    )
    stack.s3.delete_object(Bucket=LANDING, Key=draft["key"])
    return draft | {"key": key, "version_id": copied["VersionId"]}


def with_marks(batch: dict[str, Any]) -> dict[str, Any]:
    for record in batch["Records"]:
        record["body"] = json.dumps(json.loads(record["body"]) | {"left_alone": MARKS})
    return batch


MARKS = ".*,_*,*.filepart,*_$folder$"


def test_an_upload_client_writes_under_another_name_and_renames(stack: Stack) -> None:
    draft = stack.drop("incoming/addresses/a.csv.filepart")
    marks = [stack.drop(f"incoming/addresses/{name}") for name in ("_SUCCESS", "b_$folder$")]
    assert start_runs.handler(with_marks(told(draft, *marks)), None) == ALL_DONE
    event = {"source": "sluice.schedule", "left_alone": MARKS}
    assert start_runs.handler(event, None)["started"] == []
    whole = renamed(stack, "incoming/addresses/a.csv")
    start_runs.handler(with_marks(told(whole)), None)
    (given,) = executions(stack).values()
    assert [file["key"] for file in given["files"]] == ["incoming/addresses/a.csv"]


def test_files_outside_the_landing_zone_are_told_once_and_stay(stack: Stack) -> None:
    strays = [stack.drop(f"adresses/{n}.csv") for n in "ab"]
    for files in (strays, strays, [stack.drop("adresses/c.csv")]):
        assert start_runs.handler(told(*files), None) == ALL_DONE
    [mail] = stack.mails()
    assert "adresses/b.csv" in mail["Message"]
    assert "did you mean incoming/addresses/?" in mail["Message"]
    assert len(stack.lies(LANDING)) == 3
    assert executions(stack) == {}


def test_what_could_not_be_told_comes_again(stack: Stack) -> None:
    stray = stack.drop("elsewhere/a.csv")
    with outage(aws.sns(), "Publish", "Throttled"):
        failed = start_runs.handler(told(stray), None)["batchItemFailures"]
    assert failed == [{"itemIdentifier": stray["version_id"]}]
    assert start_runs.handler(told(stray), None) == ALL_DONE
    assert len(stack.mails()) == 1


@pytest.mark.parametrize("key", ["incoming/addresses/", "incoming/"])
def test_what_is_no_file_of_the_landing_zone_is_ignored(stack: Stack, key: str) -> None:
    assert start_runs.handler(told(stack.drop(key, b"")), None) == ALL_DONE
    assert executions(stack) == {}


@pytest.mark.parametrize("key", ["incoming/a.csv", "incoming/unheard-of/a.csv"])
def test_a_file_of_no_known_dataset_gets_a_run_that_refuses_it(stack: Stack, key: str) -> None:
    start_runs.handler(told(stack.drop(key)), None)
    assert [given["dataset"] for given in executions(stack).values()] == ["unassigned"]


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
    names = ("addresses/new", "addresses/newer", "customers/c")
    new = [stack.drop(f"incoming/{name}.csv") for name in names]
    answer = start_runs.handler({"source": "sluice.schedule"}, None)
    datasets = [started["dataset"] for started in answer["started"]]
    assert datasets == ["addresses", "addresses", "customers"]
    runs = sorted(executions(stack).values(), key=lambda given: given["files"][0]["key"])
    assert [given["files"] for given in runs] == [[failed], new[:2], new[2:]]
    assert {given["trigger"] for given in runs} == {"schedule"}


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
        batch = told({"bucket": LANDING, "key": "incoming/addresses/a.csv", "version_id": "",
                      "etag": dropped["ETag"], "size_bytes": 5})  # fmt: skip
        answer = start_runs.handler(batch, None)
        assert answer == {"batchItemFailures": [{"itemIdentifier": ""}]}
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
    files = [file for given in executions(stack).values() for file in given["files"]]
    assert sorted(files, key=str) == sorted([known | {"requester": PRODUCER}, unknown], key=str)


def test_a_file_whose_runs_a_service_interrupted_is_tried_again_ever_later(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/a.csv")
    stack.claim(
        file,
        run_of("r1"),
        state="FAILED",
        failures=2,
        interrupted_runs=["r3", "r4", "r5"],
        claimed_at="2026-07-01T09:00:00.000Z",
    )
    for at, started in (("2026-07-01T09:29:00Z", 0), ("2026-07-01T09:31:00Z", 1)):
        answer = start_runs.handler({"source": "sluice.schedule", "at": at}, None)
        assert len(answer["started"]) == started


def test_the_schedule_starts_again_where_a_run_died_before_it_claimed_its_file(
    stack: Stack,
) -> None:
    """The table was away for longer than the retries: the name of that run is used up."""
    stack.drop("incoming/addresses/a.csv")
    names = []
    for _ in range(3):
        (started,) = start_runs.handler({"source": "sluice.schedule"}, None)["started"]
        assert start_runs.handler({"source": "sluice.schedule"}, None)["started"] == [started]
        stack.stepfunctions.stop_execution(executionArn=started["execution_arn"])
        names.append(started["run_id"])
    assert len(set(names)) == 3


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
    ],
)
def test_an_event_that_nobody_understands_is_refused(stack: Stack, event: dict[str, Any]) -> None:
    with pytest.raises(EventError):
        start_runs.handler(event, None)


def test_a_drop_whose_start_is_throttled_comes_again_and_the_others_have_started(
    stack: Stack,
) -> None:
    files = [stack.drop(key) for key in ("incoming/addresses/a.csv", "incoming/customers/c.csv")]
    with outage(stack.stepfunctions, "StartExecution", "ThrottlingException"):
        answer = start_runs.handler(told(*files), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": files[0]["version_id"]}]}
    assert [given["dataset"] for given in executions(stack).values()] == ["customers"]
    assert start_runs.handler(told(files[0]), None) == ALL_DONE
    assert len(executions(stack)) == 2


def test_a_throttled_start_of_the_schedule_may_be_tried_again(stack: Stack) -> None:
    stack.drop("incoming/addresses/a.csv")
    with (
        outage(stack.stepfunctions, "StartExecution", "ThrottlingException"),
        pytest.raises(TransientError),
    ):
        start_runs.handler({"source": "sluice.schedule"}, None)
    assert start_runs.handler({"source": "sluice.schedule"}, None)["started"]
