"""The judge of policies that the end-to-end test of the roles relies on."""

from __future__ import annotations

import pytest

from localcloud.permissions.judge import (
    Need,
    Statement,
    UnjudgedError,
    matches,
    needs,
    statements_of,
)


@pytest.mark.parametrize(
    ("pattern", "text", "matching"),
    [
        ("arn:aws:s3:::b/runs/*", "arn:aws:s3:::b/runs/1/report.json", True),
        ("arn:aws:s3:::b/runs/*", "arn:aws:s3:::b/archive/1", False),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/runs/1", False),
        ("a?c", "abc", True),
        ("a.c", "abc", False),
    ],
)
def test_patterns_match_as_iam_says(pattern: str, text: str, *, matching: bool) -> None:
    assert matches(pattern, text) is matching


def test_a_copy_of_a_version_needs_four_permissions() -> None:
    call = {
        "service": "s3",
        "operation": "CopyObject",
        "resources": ["work/runs/a"],
        "source": "landing/incoming/a",
        "versioned": True,
    }
    assert set(needs(call, account="r:1", machine_arn="")) == {
        Need("s3:PutObject", "arn:aws:s3:::work/runs/a"),
        Need("s3:PutObjectTagging", "arn:aws:s3:::work/runs/a"),
        Need("s3:GetObjectVersion", "arn:aws:s3:::landing/incoming/a"),
        Need("s3:GetObjectVersionTagging", "arn:aws:s3:::landing/incoming/a"),
    }


def test_the_permission_for_the_latest_version_is_none_for_another() -> None:
    latest = Statement(["s3:GetObject"], ["*"])
    assert latest.allows(Need("s3:GetObject", "arn:aws:s3:::b/a"))
    assert not latest.allows(Need("s3:GetObjectVersion", "arn:aws:s3:::b/a"))


def test_what_the_judge_does_not_know_it_refuses() -> None:
    with pytest.raises(UnjudgedError):
        list(statements_of({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}))


@pytest.mark.parametrize(
    ("keys", "allowed"),
    [
        pytest.param(("RUN#",), True, id="an item of that kind"),
        pytest.param(("APPROVAL#",), False, id="of another kind"),
        pytest.param(("APPROVAL#", "RUN#"), False, id="all of them must match"),
        pytest.param((), False, id="none is known"),
    ],
)
def test_a_condition_on_leading_keys_is_held(keys: tuple[str, ...], *, allowed: bool) -> None:
    (statement,) = statements_of(
        {
            "Statement": {
                "Effect": "Allow",
                "Action": "dynamodb:UpdateItem",
                "Resource": "*",
                "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["RUN#*"]}},
            }
        }
    )
    assert statement.allows(Need("dynamodb:UpdateItem", "arn", keys)) is allowed


def test_a_condition_that_the_judge_does_not_know_it_refuses() -> None:
    for condition in ({"Bool": {"aws:SecureTransport": "true"}}, {"StringLike": {"x": ["y"]}}):
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
        with pytest.raises(UnjudgedError):
            list(statements_of({"Statement": statement}))


@pytest.mark.parametrize(
    ("service", "operation", "resource", "need"),
    [
        pytest.param(
            "sqs",
            "GetQueueAttributes",
            "http://127.0.0.1:1/123/drops",
            Need("sqs:GetQueueAttributes", "arn:aws:sqs:r:1:drops"),
            id="a queue's address",
        ),
        pytest.param(
            "lambda", "Invoke", "f", Need("lambda:InvokeFunction", "f"), id="another word"
        ),
        pytest.param(
            "monitoring",
            "DescribeAlarms",
            "*",
            Need("cloudwatch:DescribeAlarms", "*"),
            id="another signing name",
        ),
    ],
)
def test_actions_and_resources_are_named_as_policies_do(
    service: str, operation: str, resource: str, need: Need
) -> None:
    call = {"service": service, "operation": operation, "resources": [resource]}
    assert needs(call, account="r:1", machine_arn="") == [need]
