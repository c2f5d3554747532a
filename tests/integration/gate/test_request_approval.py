"""The question: its mail, its reminder, and what it becomes when it is asked again."""

from __future__ import annotations

import json
import re

import pytest

import finish_run
import request_approval
import sweep_runs
from pipeline.errors import TransientError
from stores import aws
from tests.integration.gate.question import (
    RUN,
    TOKEN,
    Question,
    answer,
    facts,
    http,
)
from tests.support.stack import Stack, outage


def test_the_mail_asks_and_the_record_keeps_the_token(question: Question) -> None:
    assert question.link.path == f"/approvals/{question.id}"
    assert question.link.query == ""
    assert len(question.secret) >= 43
    record = question.record
    assert (record.task_token, record.status) == (TOKEN, "PENDING")
    kept = question.stack.control.get(f"APPROVAL#{question.id}", "APPROVAL")
    assert question.secret not in json.dumps(kept)
    assert TOKEN not in question.mail
    assert question.stack.mails() == [], "whoever hears of outcomes gets no link"


def test_a_subscription_may_choose_its_datasets(stack: Stack) -> None:
    for dataset in ("addresses", "customers"):
        stack.subscribe("approvals", dataset, {"dataset": [dataset], "kind": ["approval"]})
    asked = Question(stack)
    assert [mail["Message"] for mail in stack.received("addresses")] == [asked.mail]
    assert stack.received("customers") == []


def test_asked_again_the_question_stays_one(question: Question) -> None:
    question.ask("a newer token")
    assert question.stack.questions() == []
    assert question.record.task_token == "a newer token"
    assert facts(question)["statusCode"] == 200


def test_a_mail_that_did_not_go_out_goes_out_with_a_link_that_works(stack: Stack) -> None:
    with outage(aws.sns(), "Publish", "InternalError"), pytest.raises(TransientError):
        Question(stack)
    judgement = stack.convert(RUN, [[{"id": "1"}]], rejected=1)
    event = {"run": RUN, "judgement": judgement, "task_token": "second"}
    approval_id = request_approval.handler(event, None)["approval_id"]
    (mail,) = stack.questions()
    secret = re.search(r"#(\S+)", mail["Message"])
    assert secret
    found = http("POST /approvals/{id}/facts", approval_id, form={"secret": secret[1]})
    assert found["statusCode"] == 200


def stop(question: Question) -> None:
    """End the run as `sluice stop` does, and let the listener hear of it."""
    question.stack.stop_run(RUN)
    event = {
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"executionArn": RUN["execution_arn"], "status": "ABORTED"},
    }
    finish_run.handler(event, None)


def test_an_ended_run_leaves_no_open_approval(question: Question) -> None:
    stop(question)
    assert question.record.status == "EXPIRED"
    assert answer(question)["statusCode"] == 409


def test_a_run_that_was_stopped_and_redriven_asks_anew(question: Question) -> None:
    stop(question)
    question.stack.questions()
    question.ask("a newer token")
    assert (question.record.status, question.record.callback) == ("PENDING", "PENDING")
    (mail,) = question.stack.questions()
    assert facts(question)["statusCode"] == 404
    question.secret = mail["Message"].partition("#")[2].split()[0]
    with outage(question.stack.stepfunctions, "SendTaskSuccess", "none", times=0) as calls:
        assert answer(question)["statusCode"] == 200
    assert calls[0]["taskToken"] == "a newer token"


def test_a_reminder_goes_out_once_in_the_last_quarter(question: Question) -> None:
    early = {"created_at": "2026-01-01T00:00:00.000Z", "open_since": "2026-01-01T00:00:00.000Z"}
    question.stack.control.update(f"APPROVAL#{question.id}", "APPROVAL", early)
    assert sweep_runs.handler({}, None)["reminders"] == 1
    assert sweep_runs.handler({}, None)["reminders"] == 0
    (mail,) = question.stack.questions()
    assert "still needed" in mail["Subject"]
    assert question.secret not in mail["Message"]
