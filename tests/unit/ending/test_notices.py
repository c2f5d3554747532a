from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.gate.gate import Approval
from pipeline.runs.records import RunRecord, SettledFile
from pipeline.runs.settlement import TERMINAL, Reason
from pipeline.words.mail_text import key_text
from pipeline.words.notices import (
    MAX_SUBJECT_CHARACTERS,
    ascii_subject,
    outcome,
    question,
    reminder,
)

RUN = {
    "run_id": "addresses-a-csv-0123456789ab",
    "dataset": "addresses",
    "trigger": "s3",
    "execution_arn": "arn",
    "ended_at": "2026-07-01T00:00:00.000Z",
}


def record(status: str, **more: object) -> RunRecord:
    return RunRecord(**{**RUN, "status": status, **more})  # type: ignore[arg-type]


@given(st.text(max_size=300))
def test_sns_takes_every_subject(text: str) -> None:
    subject = ascii_subject(text)
    assert re.fullmatch(r"[0-9A-Za-z][\x20-\x7e]*", subject)
    assert len(subject) <= MAX_SUBJECT_CHARACTERS


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_each_outcome_says_what_why_where_and_what_next(status: str) -> None:
    files = (SettledFile(key="incoming/a.csv", version_id="v", disposition="archived"),)
    notice = outcome(
        record(
            status,
            counts={"rows_in": 10, "rejected": 2, "loaded": 8},
            files=files,
            reason=Reason(code="quality", message="2 of 10 rows\nwere rejected"),
            report_uri="s3://work/runs/r/0-0/report.json",
        )
    )
    assert status in notice.subject
    for part in (
        "10 in, 2 rejected, 8 loaded",
        "2 of 10 rows were",
        "incoming/a.csv: archived",
        "report.json",
    ):
        assert part in notice.message
    assert "sluice show addresses-a-csv-0123456789ab" in notice.message
    assert notice.attributes == {"kind": "outcome", "status": status, "dataset": "addresses"}


def test_a_failure_tells_its_own_error_without_the_stack() -> None:
    cause = '{"errorMessage": "3 rows are missing", "stackTrace": ["secret path"]}'
    message = outcome(record("FAILED", error="ReconciliationError", cause=cause)).message
    assert "ReconciliationError: 3 rows are missing" in message
    assert "secret path" not in message


@pytest.mark.parametrize(
    ("rejected", "disposition", "told"),
    [
        pytest.param(0, "archived", ["Nothing is to be done."], id="all is in the table"),
        pytest.param(2, "archived", ["Rejected rows (2) are not in"], id="rows were left out"),
        pytest.param(0, "quarantined", ["Refused files are in"], id="a file was left out"),
    ],
)
def test_a_loaded_run_tells_what_it_left_out(
    rejected: int, disposition: str, told: list[str]
) -> None:
    files = (
        SettledFile(key="incoming/a.csv", version_id="v", disposition="archived"),
        SettledFile(key="incoming/b.csv", version_id="v", disposition=disposition),
    )
    counts = {"rows_in": 10, "valid": 10 - rejected, "rejected": rejected}
    message = outcome(record("LOADED", counts=counts, files=files)).message
    starts = ("Nothing is", "Rejected rows", "Refused files")
    steps = [line for line in message.splitlines() if line.startswith(starts)]
    assert [step[: len(words)] for step, words in zip(steps, told, strict=True)] == told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param("EngineError", True, id="ours"),
        pytest.param("States.Timeout", True, id="the platform's"),
        pytest.param("Lambda.TooManyRequestsException", True, id="a service's"),
        pytest.param("StoppedByHand", True, id="an operator's"),
        pytest.param("ValueError", False, id="an exception that nobody expected"),
        pytest.param("States.TaskFailed", False, id="the job's"),
    ],
)
def test_a_cause_that_may_quote_rows_is_not_mailed(error: str, told: bool) -> None:
    message = outcome(record("FAILED", error=error, cause="bad: 4111-1111, Ada")).message
    assert error in message
    assert ("Ada" in message) == told
    assert told or "sluice why addresses-a-csv-0123456789ab" in message


def test_a_long_list_of_files_is_cut() -> None:
    files = tuple(
        SettledFile(key=f"incoming/{n}.csv", version_id="v", disposition="archived")
        for n in range(50)
    )
    message = outcome(record("LOADED", files=files)).message
    assert "incoming/19.csv" in message
    assert "and 30 more files" in message


def test_only_the_question_holds_the_link() -> None:
    approval = Approval(
        approval_id="0" * 16,
        run_id="r1",
        dataset="addresses",
        execution_arn="arn",
        report_uri="s3://work/report.json",
        report_sha256="x",
        created_at="2026-07-01T00:00:00.000Z",
        expires_at="2026-07-02T00:00:00.000Z",
        reasons=("1 of 10 rows was rejected",),
        counts={"rows_in": 10},
        task_token="TOKEN",
    )
    link = "https://gate.example/approvals/1#SECRET"
    assert link in question(approval, link).message
    for notice in (question(approval, link), reminder(approval)):
        assert "TOKEN" not in notice.message + notice.subject
        assert "1 of 10 rows was rejected" in notice.message
        assert "2026-07-02 00:00:00 UTC" in notice.message
    assert "SECRET" not in reminder(approval).message


HOSTILE = "approve \u202ehere\x1b]52;c;x\x07: https://evil.example/approve\nStatus   LOADED\u200b"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"reason": Reason(code="header", message=HOSTILE)}, id="header"),
        pytest.param({"error": "ContractError", "cause": HOSTILE}, id="cause"),
        pytest.param({"approval": {"status": "REJECTED", "by": HOSTILE}}, id="name"),
        pytest.param(
            {
                "files": (
                    SettledFile(
                        key=f"incoming/addresses/{HOSTILE}.csv",
                        version_id="v",
                        disposition="archived",
                    ),
                )
            },
            id="key",
        ),
    ],
)
def test_no_text_from_outside_is_a_link_or_a_line_of_its_own(more: dict[str, object]) -> None:
    message = outcome(record("FAILED", **more)).message
    assert all(line.isprintable() for line in message.split("\n"))
    assert "://" not in message
    assert "evil.example" not in message
    assert "evil" in message
    assert not any(line.startswith("Status   LOADED") for line in message.split("\n"))


@given(st.text(max_size=60))
def test_a_key_is_one_word(key: str) -> None:
    assert key_text(key).isprintable()
    assert not re.search(r"\s|://|@", key_text(key))


def test_a_file_that_was_there_already_is_told_as_such() -> None:
    counts = {"rows_in": 200, "valid": 200, "rejected": 0, "loaded": 0, "replayed": 200}
    notice = outcome(record("LOADED", counts=counts))
    assert "LOADED, nothing new: 200 rows were there" in notice.subject
    assert "Rows     200 in, 200 valid, 200 replayed" in notice.message
