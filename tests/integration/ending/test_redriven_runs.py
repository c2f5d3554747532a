"""A run that was stopped and redriven has its record and its files back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import finish_run
import notify_outcome
import settle_files
import start_runs
import sweep_runs
from pipeline.runs.records import Claim
from pipeline.runs.settlement import FAILED
from pipeline.runs.verdict import Verdict
from stores import clock
from stores.claims import Claims
from stores.runs import Runs
from tests.support.stack import LANDING, Stack, outage, redriven, run_of

File = dict[str, Any]


def told(run: Mapping[str, str], status: str) -> dict[str, str]:
    """Let Finish Run hear of a change of status."""
    detail = {"executionArn": run["execution_arn"], "status": status}
    event = {"detail-type": "Step Functions Execution Status Change", "detail": detail}
    return finish_run.handler(event, None)


def claim_of(stack: Stack, file: File) -> Claim:
    claim = Claims(stack.control).get(LANDING, file["key"], file["version_id"])
    assert claim is not None
    return claim


def scheduled() -> list[str]:
    """The runs that the schedule starts."""
    started = start_runs.handler({"source": "sluice.schedule"}, None)["started"]
    return [str(run["run_id"]) for run in started]


def sweep() -> dict[str, int]:
    found: dict[str, int] = sweep_runs.handler({"source": "sluice.sweep"}, None)
    return {kind: number for kind, number in found.items() if number}


def settle(run: dict[str, str], status: str, file: File, disposition: str) -> str:
    """Settle a run's file as the state does; returns what became of it."""
    entry = {"file": file, "disposition": disposition, "reason": {}}
    event = {"run": run, "status": status, "reason": {}, "files": [entry]}
    [settled] = settle_files.handler(event, None)["files"]
    return str(settled["disposition"])


def end(run: dict[str, str], status: str) -> None:
    """End a run as the workflow does, by its last states."""
    facts = {"reason": {}, "counts": {}, "files": [], "report_uri": "", "error": "", "cause": ""}
    counted = {"size_bytes": 0, "marks": {}}
    approval = {"status": "NONE", "report_sha256": ""}
    event = {"run": run, "status": status, "approval": approval, **facts, **counted}
    finish_run.handler(event, None)
    notify_outcome.handler({"run": run}, None)


@pytest.fixture
def file(stack: Stack) -> File:
    return stack.drop("incoming/addresses/a.csv")


@pytest.fixture
def run(stack: Stack, file: File) -> dict[str, str]:
    """A run that was stopped and buried: its file waits for the schedule."""
    run = run_of("r1")
    stack.open_run(run, [file])
    stack.claim(file, run)
    stack.stop_run(run)
    assert told(run, "ABORTED")["status"] == "FAILED"
    assert claim_of(stack, file).state == "FAILED"
    return run


def test_a_redriven_run_takes_its_files_back_and_the_schedule_leaves_them_alone(
    stack: Stack, run: dict[str, str], file: File
) -> None:
    with redriven(stack.stepfunctions, run):
        for _ in range(2):  # an event may come twice
            assert told(run, "RUNNING") == {"run_id": "r1", "status": "RUNNING"}
        assert claim_of(stack, file).state == "CLAIMED"
        assert scheduled() == []
        assert sweep() == {}
    assert settle(run, "LOADED", file, "accepted") == "archived"


def test_its_record_reads_as_that_of_any_run_under_way(stack: Stack, run: dict[str, str]) -> None:
    with redriven(stack.stepfunctions, run):
        told(run, "RUNNING")
    record = Runs(stack.control).get("r1")
    assert record is not None
    assert (record.status, record.ended_at, record.error, record.files) == ("RUNNING", "", "", ())
    assert record.started_at
    assert [item["run_id"] for item in stack.control.open("RUN", before="9")] == ["r1"]


def test_a_redriven_run_that_dies_again_is_buried_again(
    stack: Stack, run: dict[str, str], file: File
) -> None:
    with redriven(stack.stepfunctions, run):
        told(run, "RUNNING")
    told(run, "ABORTED")
    claim = claim_of(stack, file)
    assert (claim.state, claim.failed_runs) == ("FAILED", ("r1",))
    assert len(stack.mails()) == 2
    with redriven(stack.stepfunctions, run, times=2):
        told(run, "RUNNING")
    assert claim_of(stack, file).state == "CLAIMED"


def test_the_sweep_gives_them_back_when_the_event_is_lost(
    stack: Stack, run: dict[str, str], file: File
) -> None:
    with redriven(stack.stepfunctions, run):
        assert sweep() == {"runs": 1}
        assert sweep() == {}
    record = Runs(stack.control).get("r1")
    assert record is not None
    assert record.status == "RUNNING"
    assert claim_of(stack, file).state == "CLAIMED"


def test_a_crash_between_record_and_files_is_mended(
    stack: Stack, run: dict[str, str], file: File
) -> None:
    with redriven(stack.stepfunctions, run):
        Runs(stack.control).reopen("r1", redrives=1, at=clock.now())
        assert claim_of(stack, file).state == "FAILED"
        assert sweep() == {"runs": 1}
    assert claim_of(stack, file).state == "CLAIMED"


@pytest.mark.parametrize("state", ["CLAIMED", "SETTLED", "FAILED"])
def test_a_file_that_another_run_took_meanwhile_is_left_to_it(
    stack: Stack, run: dict[str, str], file: File, state: str
) -> None:
    stack.claim(file, run_of("r2"), state=state, failed_runs=["r1"], failures=1)
    before = claim_of(stack, file)
    with redriven(stack.stepfunctions, run):
        told(run, "RUNNING")
        assert claim_of(stack, file) == before
        assert settle(run, "LOADED", file, "accepted") == "duplicate"
    assert claim_of(stack, file) == before
    assert stack.lies(LANDING) == [file["key"]]


@pytest.mark.parametrize("status", ["FAILED", "REJECTED"])
def test_a_run_that_wrote_its_own_end_keeps_it(stack: Stack, file: File, status: str) -> None:
    """Redriving it only fails again at the Fail state."""
    run = run_of("r1")
    stack.open_run(run, [file])
    stack.claim(file, run)
    settle(run, FAILED, file, "accepted")
    end(run, status)
    stack.stop_run(run)
    told(run, "FAILED")
    with redriven(stack.stepfunctions, run):
        told(run, "RUNNING")
        assert sweep() == {}
    record = Runs(stack.control).get("r1")
    assert record is not None
    assert record.status == status
    assert claim_of(stack, file).state == "FAILED"
    assert len(stack.mails()) == 1


def test_what_a_redriven_run_keeps_by_itself_stays_free(
    stack: Stack, run: dict[str, str], file: File
) -> None:
    """It has failed once more and released its file, but its record is not written yet."""
    with redriven(stack.stepfunctions, run):
        told(run, "RUNNING")
        assert settle(run, FAILED, file, "accepted") == "kept"
        assert told(run, "RUNNING")["status"] == "RUNNING"
        assert sweep() == {}
        assert claim_of(stack, file).state == "FAILED"
        end(run, FAILED)
        assert sweep() == {}
    record = Runs(stack.control).get("r1")
    assert record is not None
    assert record.status == "FAILED"


def test_a_file_that_fails_again_after_a_redrive_gets_a_run_that_is_new(
    stack: Stack, run: dict[str, str], file: File
) -> None:
    """The schedule's run came too late for it: the redriven run had the file back by then."""
    late = scheduled()
    with redriven(stack.stepfunctions, run):
        told(run, "RUNNING")
        assert claim_of(stack, file).state == "CLAIMED"
    told(run, "ABORTED")
    again = scheduled()
    assert len(late) == len(again) == 1
    assert set(late).isdisjoint(again)
    assert scheduled() == again


def test_a_redriven_event_buries_nobody(stack: Stack, run: dict[str, str]) -> None:
    """DescribeExecution is eventually consistent: it may still know the death only."""
    assert told(run, "RUNNING") == {"run_id": "r1", "status": "ABORTED"}
    with outage(stack.dynamodb, "UpdateItem", "ThrottlingException", times=9) as writes:
        told(run, "RUNNING")
    assert writes == []


def test_a_message_that_was_slow_does_not_close_the_record_of_a_redriven_run(
    stack: Stack, run: dict[str, str]
) -> None:
    dead = Runs(stack.control).get("r1")
    assert dead is not None
    with redriven(stack.stepfunctions, run):
        told(run, "RUNNING")
    assert Runs(stack.control).close(dead) is False
    record = Runs(stack.control).get("r1")
    assert record is not None
    assert record.notice == "PENDING"


# -- runs that a person stopped


def ordered(stack: Stack, files: str) -> None:
    stop = {"by": "arn:ada", "at": "2026-07-01T00:00:00.000Z", "comment": "wrong", "files": files}
    stack.control.update("RUN#r1", "RUN", {"stop": stop})


@pytest.fixture
def under_way(stack: Stack, file: File) -> dict[str, str]:
    run = run_of("r1")
    stack.open_run(run, [file])
    stack.claim(file, run)
    return run


def test_the_files_of_a_run_that_a_person_stopped_wait_for_a_person(
    stack: Stack, under_way: dict[str, str], file: File
) -> None:
    ordered(stack, "leave")
    stack.stop_run(under_way)
    told(under_way, "ABORTED")
    assert claim_of(stack, file).state == "LEFT"
    assert scheduled() == []
    assert sweep() == {}
    by_hand = start_runs.handler({"source": "manual", "keys": [file["key"]]}, None)
    assert len(by_hand["started"]) == 1
    with redriven(stack.stepfunctions, under_way):
        told(under_way, "RUNNING")
    assert claim_of(stack, file).state == "CLAIMED"
    record = Runs(stack.control).get("r1")
    assert record is not None
    assert record.stop is None


@pytest.mark.parametrize(
    ("files", "verdict", "state", "failures"),
    [
        pytest.param("retry", None, "FAILED", 0, id="tried again, and not its failure"),
        pytest.param("quarantine", None, "SETTLED", 0, id="put away"),
        pytest.param("quarantine", "load", "LEFT", 0, id="rows may be in the table"),
        pytest.param("leave", "refuse", "SETTLED", 0, id="refused before"),
    ],
)
def test_what_becomes_of_the_files_is_the_persons_choice(  # noqa: PLR0917 - pytest's names
    stack: Stack,
    under_way: dict[str, str],
    file: File,
    files: str,
    verdict: str | None,
    state: str,
    failures: int,
) -> None:
    if verdict:
        word = Verdict(
            decision="load" if verdict == "load" else "refuse",
            run_id="r1",
            report_sha256="x",
            contract_version="c",
            at="2026-07-01T00:00:00.000Z",
        )
        stack.claim(file, under_way, verdict=word.as_document())
    ordered(stack, files)
    stack.stop_run(under_way)
    told(under_way, "ABORTED")
    claim = claim_of(stack, file)
    assert (claim.state, claim.failures) == (state, failures)
    assert bool(scheduled()) is (files == "retry")
