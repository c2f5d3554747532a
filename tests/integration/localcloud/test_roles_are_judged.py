"""What a function may do is what the policies of its role say."""

import io
import json
import zipfile
from typing import Any

import pytest

from localcloud.account import ACCOUNT_ID
from localcloud.calls import FunctionCall
from localcloud.http.callers import KEY_ID
from localcloud.permissions.roles import RolePermissions
from localcloud.permissions.users import UserPermissions
from tests.integration.localcloud.world import World

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def allow(action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def function(world: World, *statements: dict[str, Any]) -> str:
    """A function whose role has a policy with these statements."""
    name, iam = world.name("f"), world.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    if statements:
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("code.py", "")
    world.client("lambda").create_function(
        FunctionName=name,
        Role=role["Arn"],
        Runtime="python3.13",
        Handler="code.handler",
        Code={"ZipFile": code.getvalue()},
    )
    return name


def asked(
    world: World, name: str, service: str, operation: str, *resources: str, **more: Any
) -> str | None:
    """The code of the refusal of a call; None if it is allowed."""
    call = FunctionCall(
        function=name,
        service=service,
        operation=operation,
        resources=resources,
        **{"source": "", "versioned": False, **more},
    )
    judge = RolePermissions(account=ACCOUNT_ID, region=world.endpoint.account.region)
    refused = judge.refusal(call)
    return refused.code if refused else None


@pytest.fixture
def table(world: World) -> str:
    return f"arn:aws:dynamodb:{world.endpoint.account.region}:{ACCOUNT_ID}:table/t"


def test_what_no_policy_allows_is_refused(world: World, table: str) -> None:
    reader = function(world, allow("s3:GetObject", "arn:aws:s3:::b/*"))
    assert asked(world, reader, "s3", "GetObject", "b/k") is None
    assert asked(world, reader, "s3", "PutObject", "b/k") == "AccessDenied"
    assert asked(world, reader, "s3", "GetObject", "c/k") == "AccessDenied"
    assert asked(world, reader, "dynamodb", "GetItem", "t") == "AccessDeniedException"
    nobody = function(world)
    assert asked(world, nobody, "sns", "Publish", "arn:aws:sns:x:1:t") == "AuthorizationError"
    assert asked(world, nobody, "logs", "PutLogEvents") is None  # not judged


def test_leading_keys_count_and_other_conditions_are_met(world: World, table: str) -> None:
    keys = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["RUN#*"]}}
    secure = {"Bool": {"aws:SecureTransport": "true"}}
    name = function(
        world,
        allow("dynamodb:GetItem", table, Condition=keys),
        allow("dynamodb:Query", table, Condition=secure),
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": secure},
    )
    run, file = {"leading_keys": ("RUN#",)}, {"leading_keys": ("FILE#",)}
    assert asked(world, name, "dynamodb", "GetItem", "t", **run) is None
    assert asked(world, name, "dynamodb", "GetItem", "t", **file) == "AccessDeniedException"
    assert asked(world, name, "dynamodb", "Query", "t") is None


def test_an_answer_to_a_token_needs_the_action(world: World) -> None:
    machine = "arn:aws:states:us-east-1:1:stateMachine:m"
    name = function(world, allow("states:SendTaskSuccess", machine))
    assert asked(world, name, "states", "SendTaskSuccess") is None
    assert asked(world, name, "states", "SendTaskFailure") == "AccessDeniedException"


def test_users_are_judged_once_they_have_a_policy(world: World) -> None:
    name, iam = world.name("ann"), world.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    judge = UserPermissions(account=ACCOUNT_ID, region=world.endpoint.account.region)

    def refused(method: str) -> bool:
        signed_by = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/s3/aws4_request"
        request = {
            KEY_ID: key,
            "HTTP_AUTHORIZATION": signed_by,
            "REQUEST_METHOD": method,
            "REQUEST_URI": "/b/k",
        }
        return judge.refusal(request) is not None

    assert not refused("PUT")
    policy = {"Version": "2012-10-17", "Statement": [allow("s3:PutObject", "arn:aws:s3:::b/*")]}
    made = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))["Policy"]
    iam.attach_user_policy(UserName=name, PolicyArn=made["Arn"])
    assert not refused("PUT")
    assert refused("GET")
