from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

import finish_run
import notify_outcome
import settle_files
import sweep_runs
from pipeline import layout
from pipeline.errors import EventError, TransientError
from stores import aws
from stores.approvals import Approvals
from stores.claims import Claims
from stores.loaded_runs import LoadedRuns
from stores.outbox import Outbox
from stores.runs import Runs
from tests.support.stack import LANDING, WORK, Stack, outage, reply_lost, run_of

CONTENT = b"id,city\n1,Redwood City\n"


def settle(
    run: dict[str, str],
    status: str,
    files: list[tuple[dict[str, Any], str]],
    reason: dict[str, str] | None = None,
) -> list[dict[str, str]]:
    entries = [
        {"file": file, "disposition": disposition, "reason": {}} for file, disposition in files
    ]
    event = {"run": run, "status": status, "reason": reason or {}, "files": entries}
    settled: list[dict[str, str]] = settle_files.handler(event, None)["files"]
    return settled


def ended(run: dict[str, str], status: str = "LOADED", **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "reason": {},
        "counts": {"rows_in": 10, "loaded": 10},
        "files": [],
        "report_uri": "s3://work/report.json",
        "error": "",
        "cause": "",
        "approval": None,
        "taken_over_from": "",
        "size_bytes": 0,
        "marks": {},
    }
    return {"run": run, "status": status, **facts, **more}


def test_a_loaded_file_is_archived_and_gone_from_the_landing_zone(stack: Stack) -> None:
    run, file = run_of("r1"), stack.drop("incoming/addresses/Käse 1.csv", CONTENT)
    stack.claim(file, run)
    (settled,) = settle(run, "LOADED", [(file, "accepted")])
    assert settled["disposition"] == "archived"
    assert stack.text(settled["destination_uri"]).encode() == CONTENT
    assert stack.lies(LANDING) == []
    assert stack.lies(WORK) == [f"archive/addresses/r1/{file['version_id']}/K_se_1.csv"]
    claim = Claims(stack.control).get(LANDING, file["key"], file["version_id"])
    assert claim is not None
    assert (claim.state, claim.destination_uri) == ("SETTLED", settled["destination_uri"])


def test_the_metadata_of_a_copy_stays_small_whatever_the_key(stack: Stack) -> None:
    run, key = run_of("r1"), "incoming/addresses/" + "€" * 335
    assert len(key.encode()) == 1_024
    file = stack.drop(key, CONTENT)
    stack.claim(file, run)
    (settled,) = settle(run, "LOADED", [(file, "accepted")])
    bucket, archived = layout.split_uri(settled["destination_uri"])
    metadata = stack.s3.head_object(Bucket=bucket, Key=archived)["Metadata"]
    assert sum(len(name) + len(value) for name, value in metadata.items()) < 2_048
    assert metadata["source-key-sha256"] == hashlib.sha256(key.encode()).hexdigest()


@pytest.mark.parametrize("status", ["REFUSED", "REJECTED", "EXPIRED"])
def test_a_file_that_was_not_loaded_is_quarantined_with_the_reason(
    stack: Stack, status: str
) -> None:
    run, file = run_of("r1"), stack.drop("incoming/addresses/a.csv", CONTENT)
    stack.claim(file, run)
    reason = {"code": "quality", "message": "9 of 10 rows are rejected"}
    (settled,) = settle(run, status, [(file, "accepted")], reason)
    assert settled["disposition"] == "quarantined"
    told = json.loads(stack.text(settled["destination_uri"] + ".reason.json"))
    assert told["message"] == "9 of 10 rows are rejected"
    assert stack.lies(LANDING) == []


def test_settling_again_gives_the_same_answer(stack: Stack) -> None:
    run, file = run_of("r1"), stack.drop("incoming/addresses/a.csv", CONTENT)
    stack.claim(file, run)
    first = settle(run, "LOADED", [(file, "accepted")])
    assert settle(run, "LOADED", [(file, "accepted")]) == first


@pytest.mark.parametrize("operation", ["CopyObject", "DeleteObject", "HeadObject"])
def test_settling_survives_a_lost_reply_anywhere(stack: Stack, operation: str) -> None:
    run, file = run_of("r1"), stack.drop("incoming/addresses/a.csv", CONTENT)
    stack.claim(file, run)
    with reply_lost(stack.s3, operation), pytest.raises(TransientError):
        settle(run, "LOADED", [(file, "accepted")])
    (settled,) = settle(run, "LOADED", [(file, "accepted")])
    assert settled["disposition"] == "archived"
    assert stack.lies(LANDING) == []
    assert len(stack.lies(WORK)) == 1


def test_a_key_that_was_overwritten_meanwhile_keeps_its_newer_version(stack: Stack) -> None:
    run, file = run_of("r1"), stack.drop("incoming/addresses/a.csv", CONTENT)
    stack.claim(file, run)
    stack.drop("incoming/addresses/a.csv", b"newer")
    (settled,) = settle(run, "LOADED", [(file, "accepted")])
    assert stack.text(settled["destination_uri"]).encode() == CONTENT
    assert stack.text(f"s3://{LANDING}/incoming/addresses/a.csv") == "newer"


def test_a_failed_run_keeps_its_files_twice_and_quarantines_them_then(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/a.csv", CONTENT)
    found = []
    for run in map(run_of, ("r1", "r2", "r3")):
        before = Claims(stack.control).get(LANDING, file["key"], file["version_id"])
        history = list(before.failed_runs) if before else []
        stack.claim(file, run, failed_runs=history, failures=len(history))
        reason = {"code": "GlueError", "message": "out of memory"}
        for _ in range(2):  # the state may be tried again
            (settled,) = settle(run, "FAILED", [(file, "accepted")], reason)
        found.append(settled["disposition"])
    assert found == ["kept", "kept", "quarantined"]
    told = json.loads(stack.text(settled["destination_uri"] + ".reason.json"))
    assert "r1, r2, r3" in told["message"]
    assert "out of memory" in told["message"]


def test_the_file_of_another_run_is_left_alone(stack: Stack) -> None:
    file = stack.drop("incoming/addresses/a.csv", CONTENT)
    stack.claim(file, run_of("r2"))
    for disposition in ("duplicate", "accepted"):
        (settled,) = settle(run_of("r1"), "LOADED", [(file, disposition)])
        assert settled["disposition"] == "duplicate"
    assert stack.lies(LANDING) == ["incoming/addresses/a.csv"]


def test_a_file_that_somebody_deleted_is_said_to_be_missing(stack: Stack) -> None:
    run, file = run_of("r1"), stack.drop("incoming/addresses/a.csv", CONTENT)
    stack.claim(file, run)
    stack.s3.delete_object(Bucket=LANDING, Key=file["key"], VersionId=file["version_id"])
    (settled,) = settle(run, "REFUSED", [(file, "refused")])
    assert settled["disposition"] == "missing"


def test_a_run_ends_with_one_record_and_one_message(stack: Stack) -> None:
    run = run_of("r1")
    stack.open_run(run)
    for _ in range(2):
        assert finish_run.handler(ended(run), None) == {"run_id": "r1", "status": "LOADED"}
    record = Runs(stack.control).get("r1")
    assert record is not None
    assert (record.status, record.notice, record.counts["loaded"]) == ("LOADED", "PENDING", 10)
    assert record.started_at
    assert notify_outcome.handler({"run": run}, None)["message_id"]
    assert notify_outcome.handler({"run": run}, None)["message_id"] == ""
    (mail,) = stack.mails()
    assert mail["Subject"] == "addresses: LOADED, 10 rows (r1)"
    assert "Rows     10 in, 10 loaded" in mail["Message"]
    assert list(stack.control.open("RUN", before="9")) == []
    last = LoadedRuns(stack.control).last("addresses")
    assert last is not None
    assert last["run_id"] == "r1"
    [past] = LoadedRuns(stack.control).latest("addresses", 5)
    assert (past["run_id"], past["rows_in"], past["rejected"]) == ("r1", 10, 0)


def test_the_runs_loaded_last_are_told_the_latest_first(stack: Stack) -> None:
    for number in range(4):
        run = run_of(f"r{number}")
        stack.open_run(run)
        finish_run.handler(ended(run), None)
    finish_run.handler(ended(run_of("r9"), "REFUSED"), None)
    past = LoadedRuns(stack.control).latest("addresses", 3)
    assert sorted(run["run_id"] for run in past) == ["r1", "r2", "r3"]


def test_a_dataset_of_which_nothing_comes_is_told_once(stack: Stack) -> None:
    outbox = Outbox(aws.sns(), stack.outcome_topic_arn, stack.control)
    stack.put("DATASET#addresses", "LAST", ended_at="2026-07-01T09:30:00.000Z", run_id="r1")

    def told(now: str, dataset: str = "addresses") -> bool:
        return outbox.tell_missed(dataset, hours=24, now=now)

    assert not told("2026-07-02T09:30:00.000Z")
    assert told("2026-07-02T09:30:00.001Z")
    assert not told("2026-07-03T09:30:00.000Z")
    assert not told("2026-07-03T09:30:00.000Z", "customers"), "it never had anything"
    [mail] = stack.mails()
    assert mail["Subject"] == "addresses: nothing loaded for 24 hours"
    assert "since 2026-07-01 09:30:00 UTC" in mail["Message"]
    stack.control.update("DATASET#addresses", "LAST", {"ended_at": "2026-07-04T00:00:00.000Z"})
    assert told("2026-07-06T00:00:00.000Z")


def test_nothing_is_told_of_a_run_that_has_not_ended(stack: Stack) -> None:
    stack.open_run(run_of("r1"))
    with pytest.raises(EventError):
        notify_outcome.handler({"run": run_of("r1")}, None)


def died(run: dict[str, str]) -> dict[str, Any]:
    return {
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"executionArn": run["execution_arn"], "status": "ABORTED"},
    }


def test_a_run_that_was_stopped_gets_its_record_and_its_message(stack: Stack) -> None:
    run, file = run_of("r1"), stack.drop("incoming/addresses/a.csv", CONTENT)
    stack.open_run(run, [file])
    stack.claim(file, run)
    stack.stop_run(run)
    for _ in range(2):
        assert finish_run.handler(died(run), None) == {"run_id": "r1", "status": "FAILED"}
    record = Runs(stack.control).get("r1")
    assert record is not None
    assert record.status == "FAILED"
    assert record.error == "States.Aborted"  # moto keeps no error of its own
    assert [file.disposition for file in record.files] == ["kept"]
    assert len(stack.mails()) == 1
    claim = Claims(stack.control).get(LANDING, file["key"], file["version_id"])
    assert claim is not None
    assert (claim.state, claim.failures) == ("FAILED", 1)


def test_an_honest_end_stays_what_it_is_when_the_execution_fails_by_design(stack: Stack) -> None:
    run = run_of("r1")
    stack.open_run(run)
    finish_run.handler(ended(run, "REFUSED"), None)
    stack.stop_run(run)
    assert finish_run.handler(died(run), None)["status"] == "REFUSED"


def test_a_run_that_still_runs_is_left_alone(stack: Stack) -> None:
    run = run_of("r1")
    stack.open_run(run)
    assert finish_run.handler(died(run), None)["status"] == "RUNNING"
    assert stack.mails() == []


def test_a_redriven_run_may_end_better_than_it_did(stack: Stack) -> None:
    run = run_of("r1")
    stack.open_run(run)
    stack.stop_run(run)
    finish_run.handler(died(run), None)
    finish_run.handler(ended(run), None)
    notify_outcome.handler({"run": run}, None)
    assert [mail["Subject"] for mail in stack.mails()] == [
        "addresses: FAILED (r1)",
        "addresses: LOADED, 10 rows (r1)",
    ]


def sweep() -> dict[str, int]:
    found: dict[str, int] = sweep_runs.handler({"source": "sluice.sweep"}, None)
    return {kind: number for kind, number in found.items() if number}


def test_the_sweep_leaves_alone_what_is_well(stack: Stack) -> None:
    run, file = run_of("r1"), stack.drop("incoming/addresses/a.csv")
    stack.open_run(run, [file])
    stack.claim(file, run)
    assert sweep() == {}


def test_the_sweep_buries_a_run_whose_death_nobody_heard_of(stack: Stack) -> None:
    run, file = run_of("r1"), stack.drop("incoming/addresses/a.csv")
    stack.open_run(run, [file])
    stack.claim(file, run)
    stack.stop_run(run)
    assert sweep() == {"runs": 1}
    assert sweep() == {}
    assert len(stack.mails()) == 1


def test_the_sweep_tells_what_could_not_be_told(stack: Stack) -> None:
    run = run_of("r1")
    stack.open_run(run)
    finish_run.handler(ended(run), None)
    with (
        outage(aws.sns(), "Publish", "ThrottlingException"),
        pytest.raises(TransientError),
    ):
        notify_outcome.handler({"run": run}, None)
    stack.control.update("RUN#r1", "RUN", {"open_since": "2026-01-01T00:00:00.000Z"})
    assert sweep() == {"notices": 1}
    assert len(stack.mails()) == 1


def test_the_sweep_frees_the_file_of_a_dead_owner(stack: Stack) -> None:
    run, file = run_of("r1"), stack.drop("incoming/addresses/a.csv")
    stack.claim(file, run)
    assert sweep() == {"claims": 1}
    claim = Claims(stack.control).get(LANDING, file["key"], file["version_id"])
    assert claim is not None
    assert claim.state == "FAILED"
    assert sweep() == {}


def test_what_cannot_be_mended_does_not_hold_up_the_rest(stack: Stack) -> None:
    for run_id in ("r1", "r2"):
        stack.open_run(run_of(run_id))
        stack.stop_run(run_of(run_id))
    with (
        outage(stack.stepfunctions, "DescribeExecution", "ThrottlingException"),
        pytest.raises(sweep_runs.SweepError, match="1 records"),
    ):
        sweep()
    assert sweep() == {"runs": 1}
    assert Approvals(stack.control).find("none") is None
