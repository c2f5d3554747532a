"""One verdict for each file version, whoever decides first."""

from __future__ import annotations

from typing import Any

import pytest

import commit_decision
import judge_quality
from pipeline.errors import ClaimReleasedError, DigestMismatchError
from pipeline.runs.identity import claim_key
from pipeline.runs.verdict import Verdict
from stores.claims import Claims
from tests.support.stack import Stack, run_of

Judgement = dict[str, Any]
NO = {"code": "rejected", "message": "rejected by Ada"}


def commit(run: dict[str, str], judgement: Judgement, decision: str = "LOADED") -> dict[str, Any]:
    return commit_decision.handler(
        {
            "run": run,
            "decision": decision,
            "reason": {} if decision == "LOADED" else NO,
            "report_uri": judgement["report_uri"],
            "report_sha256": judgement["report_sha256"],
            "files": [{"file": judgement["file"], "disposition": "accepted", "reason": {}}],
        },
        None,
    )


def dispositions(answer: dict[str, Any]) -> list[str]:
    return [entry["disposition"] for entry in answer["files"]]


def verdict_of(stack: Stack, judgement: Judgement) -> Verdict | None:
    file = judgement["file"]
    claim = Claims(stack.control).get(file["bucket"], file["key"], file["version_id"])
    assert claim is not None
    return claim.verdict


@pytest.fixture
def run() -> dict[str, str]:
    return run_of("r1")


@pytest.fixture
def judgement(stack: Stack, run: dict[str, str]) -> Judgement:
    """A clean conversion of a file that the run has claimed."""
    judgement = stack.convert(run, [[{"id": "1"}]])
    stack.claim(judgement["file"], run)
    return judgement


@pytest.mark.parametrize(
    ("decision", "verdict"),
    [("LOADED", "load"), ("REFUSED", "refuse"), ("REJECTED", "refuse"), ("EXPIRED", "refuse")],
)
def test_the_decision_stands_on_the_claim_and_again(
    stack: Stack, run: dict[str, str], judgement: Judgement, decision: str, verdict: str
) -> None:
    for _ in range(2):
        answer = commit(run, judgement, decision)
        assert (answer["status"], dispositions(answer)) == (decision, ["accepted"])
    found = verdict_of(stack, judgement)
    assert found is not None
    assert (found.decision, found.run_id) == (verdict, "r1")
    assert found.report_sha256 == judgement["report_sha256"]


@pytest.mark.parametrize("decision", ["LOADED", "REJECTED"])
def test_whoever_has_lost_the_file_ends_as_a_duplicate(
    stack: Stack, run: dict[str, str], judgement: Judgement, decision: str
) -> None:
    stack.claim(judgement["file"], run_of("r2"))
    answer = commit(run, judgement, decision)
    assert (answer["status"], dispositions(answer)) == ("DUPLICATE", ["duplicate"])
    assert verdict_of(stack, judgement) is None


def test_of_two_files_only_the_one_that_is_left_is_decided_about(
    stack: Stack, run: dict[str, str], judgement: Judgement
) -> None:
    lost = judgement["file"] | {"key": "incoming/addresses/lost.csv", "index": 1}
    stack.claim(lost, run_of("r2"))
    files = [
        {"file": file, "disposition": "accepted", "reason": {}}
        for file in (judgement["file"], lost)
    ]
    event = {"run": run, "decision": "LOADED", "reason": {}, "files": files}
    answer = commit_decision.handler(event | judgement | {"files": files}, None)
    assert (answer["status"], dispositions(answer)) == ("LOADED", ["accepted", "duplicate"])


@pytest.mark.parametrize("state", ["FAILED", "LEFT"])
def test_a_run_that_counts_as_dead_waits_until_it_is_revived(
    stack: Stack, run: dict[str, str], judgement: Judgement, state: str
) -> None:
    stack.claim(judgement["file"], run, state=state)
    with pytest.raises(ClaimReleasedError):
        commit(run, judgement)
    assert verdict_of(stack, judgement) is None


def test_nothing_is_refused_of_which_rows_may_be_in_the_table(
    stack: Stack, run: dict[str, str], judgement: Judgement
) -> None:
    stack.to_be_loaded(run, judgement, run_id="r0", contract_version="older")
    answer = commit(run, judgement, "REJECTED")
    assert (answer["status"], dispositions(answer)) == ("FAILED", ["failed"])
    assert answer["error"] == "decided_before"


def test_what_was_refused_is_not_loaded_by_a_later_run(
    stack: Stack, run: dict[str, str], judgement: Judgement
) -> None:
    stack.to_be_loaded(run, judgement, run_id="r0", decision="refuse")
    answer = commit(run, judgement)
    assert (answer["status"], dispositions(answer)) == ("REFUSED", ["refused"])


def test_a_load_that_nobody_approved_is_not_committed(stack: Stack, run: dict[str, str]) -> None:
    judgement = stack.convert(run, [[{"id": "1"}]], rejected=1)
    stack.claim(judgement["file"], run)
    with pytest.raises(DigestMismatchError, match="nobody approved"):
        commit(run, judgement)
    assert verdict_of(stack, judgement) is None


def test_a_run_that_comes_later_takes_the_decision_over_and_asks_nobody(
    stack: Stack, run: dict[str, str]
) -> None:
    judgement = stack.convert(run, [[{"id": "1"}]], rejected=1)
    stack.to_be_loaded(run, judgement, run_id="r0", report_sha256="of r0")
    answer = commit(run, judgement)
    assert dispositions(answer) == ["accepted"]
    found = verdict_of(stack, judgement)
    assert found is not None
    assert (found.run_id, found.taken_over_from) == ("r1", "r0")


def test_a_report_of_another_run_is_not_committed(
    stack: Stack, run: dict[str, str], judgement: Judgement
) -> None:
    with pytest.raises(DigestMismatchError):
        commit(run | {"dataset": "customers"}, judgement)
    file = judgement["file"]
    stack.control.update(
        claim_key(file["bucket"], file["key"], file["version_id"]),
        "CLAIM",
        {"owner": run_of("r2")["execution_arn"]},
    )
    with pytest.raises(DigestMismatchError):
        commit(run_of("r2"), judgement)


def test_judge_asks_nobody_twice(stack: Stack, run: dict[str, str]) -> None:
    """The words of earlier runs count for all files together, or not at all."""
    file = {"bucket": "b", "key": "incoming/addresses/a.csv", "version_id": "v"}
    manifest = {"run_id": "r1", "contract_version": "c", "files": [file]}
    assert judge_quality._decided_before(manifest) == ""
    word = Verdict(decision="load", run_id="r0", report_sha256="x", contract_version="c", at="")
    stack.claim(file, run, verdict=word.as_document())
    assert judge_quality._decided_before(manifest) == "r0"
    other = {**manifest, "files": [file, file | {"version_id": "w"}]}
    assert judge_quality._decided_before(other) == ""
