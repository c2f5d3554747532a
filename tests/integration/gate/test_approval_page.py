"""The page behind the link: what it shows, to whom, and which forms count."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import load_batch
from pipeline.runs.records import RunRecord
from stores.runs import Runs
from tests.integration.gate.question import (
    RUN,
    TOKEN,
    Question,
    answer,
    exchange_report,
    facts,
    http,
)
from tests.support.dynamodb import FaultyDynamoDB
from tests.support.stack import Context, Stack, outage


def test_opening_the_link_changes_nothing_and_shows_nothing(question: Question) -> None:
    before = question.record
    pages = [http("GET /approvals/{id}", question.id) for _ in range(2)]
    assert pages[0] == pages[1]
    assert pages[0]["statusCode"] == 200
    assert "addresses" not in pages[0]["body"]
    assert pages[0]["headers"]["cache-control"] == "no-store"
    assert http("GET /approvals/{id}", "0123456789abcdef")["statusCode"] == 200
    assert question.record == before


def test_the_policy_allows_neither_inline_nor_foreign_code(question: Question) -> None:
    page = facts(question)
    policy = page["headers"]["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"<script(?! src=)|style=|\bon\w+=", page["body"])
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page["body"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [("page.css", "text/css"), ("approval.js", "text/javascript"), ("icon.svg", "image/svg")],
)
def test_assets_are_served(stack: Stack, name: str, kind: str) -> None:
    found = http("GET /approvals/assets/{name}", name=name)
    assert found["statusCode"] == 200
    assert found["headers"]["content-type"].startswith(kind)


@pytest.mark.parametrize("name", ["render.py", "../record_decision.py", "", "frame.html"])
def test_nothing_else_is_served(stack: Stack, name: str) -> None:
    assert http("GET /approvals/assets/{name}", name=name)["statusCode"] == 404


def test_facts_need_the_secret_and_are_escaped(question: Question) -> None:
    assert facts(question, "wrong")["statusCode"] == 404
    page = facts(question)
    assert page["statusCode"] == 200
    assert "Load 1 rows of addresses?" in page["body"]
    assert "id has no value" in page["body"]
    assert "<script>alert" not in page["body"]
    assert "&lt;script&gt;alert(1)" in page["body"]
    assert TOKEN not in page["body"]
    assert question.record.secret_sha256 not in page["body"]


def test_a_wrong_id_and_a_wrong_secret_look_alike(question: Question) -> None:
    wrong_id = http(
        "POST /approvals/{id}/facts", "0123456789abcdef", form={"secret": question.secret}
    )
    assert wrong_id == facts(question, "wrong")


def test_an_approval_goes_on_to_the_load(question: Question) -> None:
    with outage(question.stack.stepfunctions, "SendTaskSuccess", "none", times=0) as calls:
        page = answer(question)
    assert page["statusCode"] == 200
    assert "Ada (by link) approved it at" in page["body"]
    (call,) = calls
    assert call["taskToken"] == TOKEN
    told = json.loads(call["output"])
    assert (told["approved"], told["by"], told["comment"]) == (True, "Ada (by link)", "looks fine")
    assert told["report_sha256"] == question.judgement["report_sha256"]
    event = {
        "run": RUN,
        "report_uri": question.judgement["report_uri"],
        "report_sha256": question.judgement["report_sha256"],
        "part": question.judgement["part_list"][0],
        "files": [0],
    }
    question.stack.to_be_loaded(RUN, question.judgement)
    assert load_batch.handler(event, Context()) == {"index": 0}
    assert list(question.stack.control.open("APPROVAL", before="9")) == []


def test_the_page_tells_how_the_run_ended_and_why(question: Question) -> None:
    answer(question)
    assert "The run ended" not in facts(question)["body"]
    words = {"errorMessage": "AccessDenied on T", "stackTrace": ["secret path"]}
    record = RunRecord(
        run_id=RUN["run_id"],
        dataset="addresses",
        trigger="s3",
        execution_arn=RUN["execution_arn"],
        status="FAILED",
        ended_at="2026-07-01T00:00:00.000Z",
        error="DynamoDBError",
        cause=json.dumps(words),
    )
    Runs(question.stack.control).end(record, only_if_running=False)
    body = facts(question)["body"]
    assert "The run ended as FAILED: DynamoDBError: AccessDenied on T." in body
    assert "secret path" not in body


def test_the_second_answer_learns_who_was_first_and_when(question: Question) -> None:
    answer(question, "reject")
    second = answer(question, form={"by": "Bob"})
    assert second["statusCode"] == 409
    assert re.search(
        r"Ada \(by link\) rejected it at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.", second["body"]
    )
    assert question.record.status == "REJECTED"


def test_of_fifty_who_answer_at_once_one_wins(question: Question) -> None:
    page = facts(question)["body"]
    found = re.search(r'name="form_token" value="(\w+)"', page)
    assert found

    def one(number: int) -> dict[str, Any]:
        form = {
            "secret": question.secret,
            "form_token": found[1],
            "answer": "approve" if number % 2 else "reject",
            "by": f"Person {number}",
        }
        return http("POST /approvals/{id}/decision", question.id, form=form)

    with (
        outage(question.stack.stepfunctions, "SendTaskSuccess", "none", times=0) as calls,
        ThreadPoolExecutor(50) as threads,
    ):
        answers = list(threads.map(one, range(50)))
    assert sorted(page["statusCode"] for page in answers) == [200] + [409] * 49
    winner = question.record.decided_by
    assert all(winner in page["body"] for page in answers)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("form", "headers", "status"),
    [
        pytest.param({"form_token": "x"}, {}, 409, id="another form"),
        pytest.param({"secret": "x"}, {}, 404, id="another secret"),
        pytest.param({"by": "  "}, {}, 422, id="no name"),
        pytest.param({"comment": "x" * 1_001}, {}, 422, id="a long comment"),
        pytest.param({"answer": "maybe"}, {}, 422, id="no answer"),
        pytest.param({}, {"Origin": "https://evil.example"}, 403, id="another site's form"),
        pytest.param({}, {"Sec-Fetch-Site": "cross-site"}, 403, id="the browser says so"),
        pytest.param({}, {"Content-Type": "text/plain"}, 415, id="no form"),
    ],
)
def test_a_ballot_that_does_not_count_decides_nothing(
    question: Question, form: dict[str, str], headers: dict[str, str], status: int
) -> None:
    assert answer(question, form=form, headers=headers)["statusCode"] == status
    assert question.record.status == "PENDING"


def test_the_own_site_may_send_the_form(question: Question) -> None:
    headers = {"Origin": "https://gate.example", "Sec-Fetch-Site": "same-origin"}
    assert answer(question, headers=headers)["statusCode"] == 200


def test_a_throttled_table_is_no_error_of_the_page(
    question: Question, table_front: FaultyDynamoDB
) -> None:
    table_front.fail("GetItem", "ThrottlingException", times=10)
    assert facts(question)["statusCode"] == 503


def test_a_report_that_was_exchanged_shows_no_form(question: Question) -> None:
    exchange_report(question)
    assert facts(question)["statusCode"] == 409
    assert "<form" not in facts(question)["body"]


@pytest.mark.parametrize("choice", ["approve", "reject"])
def test_nothing_is_recorded_about_a_report_that_was_exchanged_after_it_was_shown(
    question: Question, choice: str
) -> None:
    form_token = re.search(r'name="form_token" value="(\w+)"', facts(question)["body"])
    assert form_token
    exchange_report(question)
    form = {"form_token": form_token[1]}
    assert answer(question, choice, form=form)["statusCode"] == 409
    assert (question.record.status, question.record.votes) == ("PENDING", ())


def test_what_can_no_longer_be_loaded_can_only_be_rejected(question: Question) -> None:
    """Reports are deleted for their age; a question may be older."""
    bucket, _, key = question.judgement["report_uri"].removeprefix("s3://").partition("/")
    question.stack.s3.delete_object(Bucket=bucket, Key=key)
    assert answer(question, "approve")["statusCode"] == 422
    assert answer(question, "reject")["statusCode"] == 200
    assert question.record.status == "REJECTED"
