"""Who may answer, and how many have to."""

from __future__ import annotations

import json

import pytest

from pipeline.gate import gate
from pipeline.gate.gate import Ballot
from pipeline.principal import Principal
from stores import clock
from stores.approvals import Approvals
from tests.integration.gate.question import (
    Question,
    answer,
    facts,
    role,
    signed,
)
from tests.support.stack import ACCOUNT, Stack


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
