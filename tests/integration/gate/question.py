"""An approval that was asked for, and all who answer it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import close_approval
import record_decision
import request_approval
from pipeline.gate.gate import Approval
from stores.approvals import Approvals
from tests.support.stack import ACCOUNT, Stack, run_of

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


def signed(question: Question, caller: str, choice: str = "approve") -> dict[str, Any]:
    route, body = "POST /operator/approvals/{id}/decision", {"decision": choice, "comment": "ok"}
    return http(route, question.id, document=body, caller=caller)


def role(name: str, session: str = "s") -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"


def close(*, timed_out: bool) -> dict[str, object]:
    return close_approval.handler({"run": RUN, "timed_out": timed_out}, None)


def exchange_report(question: Question) -> None:
    bucket, _, key = question.judgement["report_uri"].removeprefix("s3://").partition("/")
    question.stack.s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
