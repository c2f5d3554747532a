"""The waiting run hears of the answer, however its token fared, and of none but the record's."""

from __future__ import annotations

import pytest

import sweep_runs
from stores import clock
from stores.approvals import Approvals
from tests.integration.gate.question import (
    TOKEN,
    Question,
    answer,
    close,
)
from tests.support.stack import Stack, outage


def test_a_lost_callback_is_made_again_by_the_sweep(question: Question) -> None:
    client = question.stack.stepfunctions
    with outage(client, "SendTaskSuccess", "ThrottlingException"):
        assert answer(question)["statusCode"] == 200
    assert question.record.callback == "PENDING"
    question.stack.control.update(f"APPROVAL#{question.id}", "APPROVAL", {"open_since": "2026"})
    with outage(client, "SendTaskSuccess", "none", times=0) as calls:
        assert sweep_runs.handler({}, None)["callbacks"] == 1
    assert calls[0]["taskToken"] == TOKEN
    assert question.record.callback == "SENT"


def test_a_dead_token_is_no_error(question: Question) -> None:
    with outage(question.stack.stepfunctions, "SendTaskSuccess", "TaskTimedOut"):
        page = answer(question)
    assert page["statusCode"] == 200
    assert "no longer waits" in page["body"]
    assert question.record.callback == "SENT"


def test_a_decision_waits_for_the_token_of_a_state_that_was_tried_again(question: Question) -> None:
    client = question.stack.stepfunctions
    with outage(client, "SendTaskSuccess", "TaskTimedOut"):
        answer(question)
    question.ask("a newer token")
    with outage(client, "SendTaskSuccess", "none", times=0) as calls:
        assert sweep_runs.handler({}, None)["callbacks"] in (0, 1)
        question.stack.control.update(f"APPROVAL#{question.id}", "APPROVAL", {"open_since": "2"})
        sweep_runs.handler({}, None)
    assert calls[0]["taskToken"] == "a newer token"


def test_nobody_decided_so_it_expires(question: Question) -> None:
    closed = close(timed_out=True)
    assert (closed["status"], closed["by"]) == ("EXPIRED", "")
    late = answer(question)
    assert late["statusCode"] == 409
    assert "expired" in late["body"]
    assert close(timed_out=True) == closed


@pytest.mark.parametrize(("choice", "status"), [("approve", "APPROVED"), ("reject", "REJECTED")])
def test_a_decision_whose_callback_was_lost_is_honoured(
    question: Question, choice: str, status: str
) -> None:
    with outage(question.stack.stepfunctions, "SendTaskSuccess", "ThrottlingException"):
        answer(question, choice)
    closed = close(timed_out=True)
    assert (closed["status"], closed["by"]) == (status, "Ada (by link)")
    assert closed["report_sha256"] == question.judgement["report_sha256"]


def test_without_any_record_it_fails_closed(stack: Stack) -> None:
    assert close(timed_out=True)["status"] == "EXPIRED"


def test_the_sweep_answers_no_run_in_nobodys_name(question: Question) -> None:
    approvals = Approvals(question.stack.control)
    approvals.expire(question.record, clock.now())
    question.stack.control.update(f"APPROVAL#{question.id}", "APPROVAL", {"open_since": "2026"})
    with outage(question.stack.stepfunctions, "SendTaskSuccess", "none", times=0) as calls:
        sweep_runs.handler({}, None)
    assert calls == []
    assert question.record.callback == "SENT"


@pytest.mark.parametrize("choice", ["approve", "reject"])
def test_a_callback_that_nobody_decided_leaves_the_question_open(
    question: Question, choice: str
) -> None:
    """Whoever gets hold of the token may wake the run, and learns that the record decides."""
    woken = close(timed_out=False)
    assert woken["status"] == "PENDING"
    assert 3_590 <= int(str(woken["seconds_left"])) <= 3_600
    question.ask("the token of the state that waits again")
    assert question.stack.questions() == []
    with outage(question.stack.stepfunctions, "SendTaskSuccess", "none", times=0) as calls:
        assert answer(question, choice)["statusCode"] == 200
    assert calls[0]["taskToken"] == "the token of the state that waits again"
    verdict = {"approve": "APPROVED", "reject": "REJECTED"}[choice]
    assert close(timed_out=False)["status"] == verdict
