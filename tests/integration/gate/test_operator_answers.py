"""Operators answer by signed requests; none of any kind is an error of the server."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import record_decision
from tests.integration.gate.question import (
    OPERATOR,
    Question,
    exchange_report,
    http,
)
from tests.support.stack import ACCOUNT


def test_an_operator_lists_shows_and_decides(question: Question) -> None:
    listed = http("GET /operator/approvals", caller=OPERATOR)
    (entry,) = json.loads(listed["body"])["approvals"]
    assert entry["approval_id"] == question.id
    shown = json.loads(http("GET /operator/approvals/{id}", question.id, caller=OPERATOR)["body"])
    assert shown["rules"] == [{"column": "id", "rule": "required", "rows": 1}]
    assert "task_token" not in shown
    assert "secret_sha256" not in shown
    ballot = {"decision": "approve", "comment": "checked"}
    route = "POST /operator/approvals/{id}/decision"
    decided = http(route, question.id, document=ballot, caller=OPERATOR)
    name = f"arn:aws:iam::{ACCOUNT}:role/Operator (signed, session Ada)"
    assert json.loads(decided["body"])["decided_by"] == name
    again = http(route, question.id, document=ballot, caller=OPERATOR)
    assert again["statusCode"] == 409
    assert json.loads(again["body"])["decided_by"] == name
    assert json.loads(http("GET /operator/approvals", caller=OPERATOR)["body"])["approvals"] == []


@pytest.mark.parametrize(
    "route", [route for route in record_decision.ROUTES if "operator" in route]
)
def test_an_operator_has_to_sign(question: Question, route: str) -> None:
    assert http(route, question.id, document={"decision": "approve"})["statusCode"] == 403
    assert question.record.status == "PENDING"


@pytest.mark.parametrize(
    ("approval_id", "document", "status"),
    [("0" * 16, {"decision": "approve"}, 404), ("", {"decision": "perhaps"}, 422), ("", [], 415)],
)
def test_an_operator_is_told_what_is_wrong(
    question: Question, approval_id: str, document: object, status: int
) -> None:
    route = "POST /operator/approvals/{id}/decision"
    found = http(route, approval_id or question.id, document=document, caller=OPERATOR)
    assert found["statusCode"] == status
    assert json.loads(found["body"])["message"]


def test_an_operator_hears_of_it_too(question: Question) -> None:
    exchange_report(question)
    route = "POST /operator/approvals/{id}/decision"
    told = http(route, question.id, document={"decision": "approve"}, caller=OPERATOR)
    assert told["statusCode"] == 409
    assert json.loads(told["body"])["error"] == "report_exchanged"
    assert question.record.status == "PENDING"


DEEP = "[" * 9_000 + "]" * 9_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
BALLOTS = st.fixed_dictionaries({"decision": JSON, "comment": JSON}).map(json.dumps)
BODIES = st.one_of(
    st.just(DEEP),
    st.just('{"decision": "approve", "comment": ' + DEEP + "}"),
    st.just('{"decision": "approve", "comment": "\\ud800"}'),
    st.just("1" * 10_000),
    st.just("{}" + " " * 30_000 + "junk"),
    st.text(max_size=50),
    JSON.map(json.dumps),
    BALLOTS,
    st.dictionaries(st.sampled_from(["secret", "answer", "by"]), st.text(max_size=20)).map(
        lambda form: urlencode(form, errors="replace")
    ),
)
HEADERS = st.fixed_dictionaries(
    {
        "Content-Type": st.sampled_from(
            ["application/json", "application/x-www-form-urlencoded", "", "text/plain; charset=x"]
        )
    },
    optional={"Origin": st.sampled_from(["http://[", "null", "//"]) | st.text(max_size=10)},
)


@given(
    route=st.sampled_from(sorted(record_decision.ROUTES)),
    approval_id=st.none() | st.sampled_from(["x" * 3_000, "\ud800", "\0", "../..", ""]),
    body=BODIES,
    headers=HEADERS,
    encoded=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
def test_no_request_is_an_error_of_the_server(
    question: Question,
    route: str,
    approval_id: str | None,
    body: str,
    headers: dict[str, str],
    *,
    encoded: bool,
) -> None:
    event = {
        "routeKey": route,
        "headers": {"host": "gate.example", **{k.lower(): v for k, v in headers.items()}},
        "pathParameters": {"id": question.id if approval_id is None else approval_id},
        "requestContext": {"authorizer": {"iam": {"userArn": OPERATOR}}},
        "body": body,
        "isBase64Encoded": encoded,
    }
    answer = record_decision.handler(event, None)
    assert answer["statusCode"] < 500
    assert json.dumps(answer).encode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(DEEP, 415, id="deep"),
        pytest.param('{"decision": "approve", "comment": "\\ud800"}', 415, id="lone surrogate"),
        pytest.param('{"decision": "approve"}' + " " * 30_000, 415, id="long"),
        pytest.param('{"decision": "approve", "comment": ["x"]}', 422, id="a comment that is none"),
        pytest.param('{"decision": {}}', 422, id="an answer that is none"),
    ],
)
def test_an_operator_who_sends_nonsense_is_told(question: Question, body: str, status: int) -> None:
    event = {
        "routeKey": "POST /operator/approvals/{id}/decision",
        "pathParameters": {"id": question.id},
        "requestContext": {"authorizer": {"iam": {"userArn": OPERATOR}}},
        "body": body,
    }
    told = record_decision.handler(event, None)
    assert told["statusCode"] == status
    assert json.loads(told["body"])["message"]
    assert question.record.status == "PENDING"
