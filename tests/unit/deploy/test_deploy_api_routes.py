from typing import Any

import pytest

from localcloud.deploy.errors import DeployError
from localcloud.deploy.resources.httpapi import routes_of

PROXY = {"type": "aws_proxy", "uri": "arn", "payloadFormatVersion": "2.0"}


def operation(**members: Any) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": PROXY, **members}


def test_every_method_of_every_path_becomes_a_route() -> None:
    body = {
        "paths": {
            "/a/{id}": {"get": operation(), "post": operation(security=[{"AWS_IAM": []}])},
            "/b": {"x-amazon-apigateway-any-method": operation(security=[{"NONE": []}])},
            "/$default": {"x-amazon-apigateway-any-method": operation()},
        }
    }
    assert [(route.key, route.iam) for route in routes_of(body, "Api")] == [
        ("GET /a/{id}", False),
        ("POST /a/{id}", True),
        ("ANY /b", False),
        ("$default", False),
    ]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        pytest.param({}, "no integration", id="no integration"),
        pytest.param(operation(security=[{"MyPool": []}]), "MyPool", id="unknown authorizer"),
    ],
)
def test_what_cannot_be_served_is_refused(broken: dict[str, Any], message: str) -> None:
    with pytest.raises(DeployError, match=message):
        list(routes_of({"paths": {"/a": {"get": broken}}}, "Api"))
