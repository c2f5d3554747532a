from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import close_approval
import finish_run
import load_batch
import record_decision
import request_approval
import sweep_runs
from pipeline.errors import TransientError
from pipeline.gate import gate
from pipeline.gate.gate import Approval, Ballot
from pipeline.principal import Principal
from pipeline.runs.records import RunRecord
from stores import aws, clock
from stores.approvals import Approvals
from stores.runs import Runs
from tests.support.dynamodb import FaultyDynamoDB
from tests.support.stack import ACCOUNT, Context, Stack, outage, run_of

RUN = run_of("r1")
TOKEN = "the-token-of-the-task"
OPERATOR = "arn:aws:sts::123456789012:assumed-role/Operator/Ada"


class Question:
    """An approval that was asked for, and what its mail says."""

    def __init__(self, stack: Stack, **sluice: object) -> None:
        self.stack = stack
        stack.open_run(RUN)
        contract = stack.contract("addresses", **sluice)
        rows = [[{"id": "1", "city": "Redwood City"}]]
        self.judgement = stack.convert(RUN, rows, rejected=1, contract=contract)
        self.id = self.ask(TOKEN)["approval_id"]
        (mail,) = stack.questions()
        self.mail = mail["Message"]
        found = re.search(r"https://\S+", self.mail)
        assert found
        self.link = urlsplit(found[0])
        self.secret = self.link.fragment

    def ask(self, token: str) -> dict[str, str]:
        judgement = {k: v for k, v in self.judgement.items() if k != "part_list"}
        return request_approval.handler(
            {"run": RUN, "judgement": judgement, "task_token": token}, None
        )

    @property
    def record(self) -> Approval:
        found = Approvals(self.stack.control).find(self.id)
        assert found
        return found


@pytest.fixture
def question(stack: Stack) -> Question:
    return Question(stack)


def http(
    route: str,
    approval_id: str = "",
    *,
    form: dict[str, str] | None = None,
    document: object = None,
    headers: dict[str, str] | None = None,
    caller: str = "",
    **parameters: str,
) -> dict[str, Any]:
    kind = "application/x-www-form-urlencoded" if form is not None else "application/json"
    context: dict[str, Any] = {"authorizer": {"iam": {"userArn": caller}}} if caller else {}
    return record_decision.handler(
        {
            "version": "2.0",
            "routeKey": route,
            "headers": {"Host": "gate.example", "Content-Type": kind, **(headers or {})},
            "pathParameters": {"id": approval_id} | parameters,
            "requestContext": context,
            "body": urlencode(form) if form is not None else json.dumps(document),
            "isBase64Encoded": False,
        },
        None,
    )


def facts(question: Question, secret: str | None = None) -> dict[str, Any]:
    form = {"secret": question.secret if secret is None else secret}
    return http("POST /approvals/{id}/facts", question.id, form=form)


def answer(question: Question, choice: str = "approve", **more: Any) -> dict[str, Any]:
    page = facts(question)["body"]
    token = re.search(r'name="form_token" value="(\w+)"', page)
    form = {
        "secret": question.secret,
        "form_token": token[1] if token else "",
        "answer": choice,
        "by": "Ada",
        "comment": "looks fine",
    } | more.pop("form", {})
    return http("POST /approvals/{id}/decision", question.id, form=form, **more)


def close(*, timed_out: bool) -> dict[str, object]:
    return close_approval.handler({"run": RUN, "timed_out": timed_out}, None)


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


def signed(question: Question, caller: str, choice: str = "approve") -> dict[str, Any]:
    route, body = "POST /operator/approvals/{id}/decision", {"decision": choice, "comment": "ok"}
    return http(route, question.id, document=body, caller=caller)


def role(name: str, session: str = "s") -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"


def test_only_named_approvers_may_decide(stack: Stack) -> None:
    grace = f"arn:aws:iam::{ACCOUNT}:role/finance/Grace"
    rules = {"always": True, "timeout_seconds": 60, "approvers": [grace], "required": 1}
    question = Question(stack, approval=rules)
    assert "decides nothing" in question.mail
    page = facts(question)["body"]
    assert "<form" not in page
    assert f"sluice approvals approve {question.id}" in page
    assert signed(question, role("Operator", "Grace"))["statusCode"] == 403
    assert signed(question, role("Grace"))["statusCode"] == 200
    assert question.record.decided_by == f"arn:aws:iam::{ACCOUNT}:role/Grace (signed, session s)"


@pytest.mark.parametrize("name", ["Grace", "arn:aws:iam::123456789012:role/finance/Grace"])
@pytest.mark.parametrize("choice", ["approve", "reject"])
@pytest.mark.parametrize(
    "rules", [{"required": 2}, {"approvers": [f"arn:aws:iam::{ACCOUNT}:root"]}]
)
def test_whoever_holds_a_link_signs_as_nobody_else(
    stack: Stack, rules: dict[str, object], choice: str, name: str
) -> None:
    """Not under an approver's name, not by two names, and neither way round."""
    question = Question(stack, approval=rules)
    form = {"form_token": gate.form_token(question.record, question.secret), "by": name}
    assert answer(question, choice, form=form)["statusCode"] in (403, 422)
    assert (question.record.status, question.record.votes) == ("PENDING", ())


def test_whoever_dropped_the_file_does_not_approve_it(question: Question) -> None:
    question.stack.control.update(
        f"APPROVAL#{question.id}", "APPROVAL", {"uploaders": [role("Producer", "then")]}
    )
    assert signed(question, role("Producer", "now"))["statusCode"] == 403
    assert question.record.status == "PENDING"
    assert signed(question, role("Producer"), "reject")["statusCode"] == 200


def test_two_approvers_are_two_people(stack: Stack) -> None:
    question = Question(stack, approval={"required": 2})
    first = json.loads(signed(question, role("Operator", "Ada"))["body"])
    assert "waits for 1 more approval" in first["standing"]
    assert first["votes"][0]["how"] == "signed"
    assert signed(question, role("Operator", "Bob"))["statusCode"] == 403
    assert question.record.status == "PENDING"
    assert signed(question, role("Auditor", "Bob"))["statusCode"] == 200
    names = [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("Operator", "Auditor")]
    assert question.record.decided_by == (
        f"{names[0]} (signed, session Ada), {names[1]} (signed, session Bob)"
    )


def test_two_people_with_one_link_make_one_answer(question: Question) -> None:
    """The second is told who was first, whatever name is typed."""
    token = gate.form_token(question.record, question.secret)
    answers = [
        answer(question, choice, form={"by": name, "form_token": token})
        for name, choice in (("Ada", "approve"), ("Bob", "reject"))
    ]
    assert [page["statusCode"] for page in answers] == [200, 409]
    assert "Ada (by link) approved it" in answers[1]["body"]
    assert [str(vote.by) for vote in question.record.votes] == ["Ada (by link)"]


def test_long_names_of_single_sign_on_work(question: Question) -> None:
    caller = role("AWSReservedSSO_PowerUserAccess_0123456789abcdef", f"{'a' * 50}@example.com")
    assert len(caller) > 125
    assert signed(question, caller)["statusCode"] == 200


def test_of_two_votes_at_once_none_is_lost(stack: Stack) -> None:
    question = Question(stack, approval={"required": 2})
    approvals, seen_by_both = Approvals(stack.control), question.record
    both = [Principal.signed(role(name)) for name in ("Operator", "Auditor")]
    votes = [
        gate.decide(seen_by_both, Ballot.parse(answer="approve", by=by, comment="", at=clock.now()))
        for by in both
    ]
    assert [approvals.record(seen_by_both, vote) for vote in votes] == [True, False]
    assert [vote.by for vote in question.record.votes] == both[:1]


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


def test_a_throttled_table_is_no_error_of_the_page(
    question: Question, table_front: FaultyDynamoDB
) -> None:
    table_front.fail("GetItem", "ThrottlingException", times=10)
    assert facts(question)["statusCode"] == 503


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


def test_an_ended_run_leaves_no_open_approval(question: Question) -> None:
    stop(question)
    assert question.record.status == "EXPIRED"
    assert answer(question)["statusCode"] == 409


def stop(question: Question) -> None:
    """End the run as `sluice stop` does, and let the listener hear of it."""
    question.stack.stop_run(RUN)
    event = {
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"executionArn": RUN["execution_arn"], "status": "ABORTED"},
    }
    finish_run.handler(event, None)


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


def test_the_sweep_answers_no_run_in_nobodys_name(question: Question) -> None:
    approvals = Approvals(question.stack.control)
    approvals.expire(question.record, clock.now())
    question.stack.control.update(f"APPROVAL#{question.id}", "APPROVAL", {"open_since": "2026"})
    with outage(question.stack.stepfunctions, "SendTaskSuccess", "none", times=0) as calls:
        sweep_runs.handler({}, None)
    assert calls == []
    assert question.record.callback == "SENT"


def test_a_reminder_goes_out_once_in_the_last_quarter(question: Question) -> None:
    early = {"created_at": "2026-01-01T00:00:00.000Z", "open_since": "2026-01-01T00:00:00.000Z"}
    question.stack.control.update(f"APPROVAL#{question.id}", "APPROVAL", early)
    assert sweep_runs.handler({}, None)["reminders"] == 1
    assert sweep_runs.handler({}, None)["reminders"] == 0
    (mail,) = question.stack.questions()
    assert "still needed" in mail["Subject"]
    assert question.secret not in mail["Message"]


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


def exchange_report(question: Question) -> None:
    bucket, _, key = question.judgement["report_uri"].removeprefix("s3://").partition("/")
    question.stack.s3.put_object(Bucket=bucket, Key=key, Body=b"{}")


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


def test_an_operator_hears_of_it_too(question: Question) -> None:
    exchange_report(question)
    route = "POST /operator/approvals/{id}/decision"
    told = http(route, question.id, document={"decision": "approve"}, caller=OPERATOR)
    assert told["statusCode"] == 409
    assert json.loads(told["body"])["error"] == "report_exchanged"
    assert question.record.status == "PENDING"


def test_what_can_no_longer_be_loaded_can_only_be_rejected(question: Question) -> None:
    """Reports are deleted for their age; a question may be older."""
    bucket, _, key = question.judgement["report_uri"].removeprefix("s3://").partition("/")
    question.stack.s3.delete_object(Bucket=bucket, Key=key)
    assert answer(question, "approve")["statusCode"] == 422
    assert answer(question, "reject")["statusCode"] == 200
    assert question.record.status == "REJECTED"
