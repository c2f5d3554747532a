import base64
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.integration.localcloud.world import WAIT_SECONDS, World
from tests.support.signing import signed

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:page"


@pytest.fixture
def api(world: World) -> str:
    """The URL of an API with an open route and one that asks for a signature."""
    gateway = world.client("apigatewayv2")
    api_id = gateway.create_api(Name=world.name("api"), ProtocolType="HTTP")["ApiId"]
    uri = f"arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
    integration = gateway.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=uri, PayloadFormatVersion="2.0"
    )
    target = f"integrations/{integration['IntegrationId']}"
    for key, authorization in {
        "GET /approvals/{id}": "NONE",
        "POST /approvals/{id}/decision": "NONE",
        "GET /operator/approvals": "AWS_IAM",
    }.items():
        gateway.create_route(
            ApiId=api_id, RouteKey=key, Target=target, AuthorizationType=authorization
        )
    return f"{world.endpoint.url}/_apigateway/{api_id}"


def call(
    url: str, *, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] = {}
) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, data=body, method=method, headers=dict(headers))
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, dict(response.headers), response.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def call_as(environment: Mapping[str, str], url: str, *, service: str = "execute-api") -> int:
    """The status that a caller with the credentials of an environment gets."""
    return call(url, headers=dict(signed(url, environment, service=service).header_items()))[0]


def answer(world: World, document: Any, error: str | None = None) -> None:
    world.compute.answer = lambda _arn, _event: document
    world.compute.error = error


def last_event(world: World) -> Any:
    arn, event = world.compute.invocations.get(timeout=WAIT_SECONDS)
    assert arn == FUNCTION
    return event


def test_a_request_becomes_an_event_of_format_2(world: World, api: str) -> None:
    answer(
        world,
        {"statusCode": 201, "headers": {"X-A": "1"}, "cookies": ["a=1", "b=2"], "body": "<p>ü"},
    )
    status, headers, body = call(
        f"{api}/approvals/a%2Fb?x=1&x=2&y=%C3%BC", headers={"Cookie": "c=1; d=2", "X-My": "h"}
    )
    assert (status, body.decode()) == (201, "<p>ü")
    assert headers["x-a"] == "1"
    event = last_event(world)
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /approvals/{id}"
    assert event["rawQueryString"] == "x=1&x=2&y=%C3%BC"
    assert event["queryStringParameters"] == {"x": "1,2", "y": "ü"}
    assert event["pathParameters"] == {"id": "a/b"}
    assert event["cookies"] == ["c=1", "d=2"]
    assert event["headers"]["x-my"] == "h"
    assert event["isBase64Encoded"] is False
    assert "body" not in event
    assert event["requestContext"]["http"]["method"] == "GET"
    assert event["requestContext"]["stage"] == "$default"
    assert "authorizer" not in event["requestContext"]


def test_text_travels_as_text_and_forms_as_base64(world: World, api: str) -> None:
    answer(world, {"ok": True})
    url = f"{api}/approvals/a1/decision"
    status, headers, body = call(
        url, method="POST", body=b'{"a": 1}', headers={"Content-Type": "application/json"}
    )
    assert (status, json.loads(body)) == (200, {"ok": True})
    assert headers["Content-Type"] == "application/json"
    event = last_event(world)
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": 1}', False)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    call(url, method="POST", body=b"comment=hello", headers=form)
    event = last_event(world)
    assert base64.b64decode(event["body"]) == b"comment=hello"
    assert event["isBase64Encoded"] is True


def test_a_function_that_fails_is_an_internal_server_error(world: World, api: str) -> None:
    answer(world, {"errorMessage": "secret"}, error="Unhandled")
    status, _, body = call(f"{api}/approvals/a1")
    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})
    last_event(world)


def test_an_unknown_path_method_or_api_is_not_found(world: World, api: str) -> None:
    assert call(f"{api}/nothing")[0] == 404
    assert call(f"{api}/approvals/a1", method="DELETE")[0] == 404
    assert call(f"{world.endpoint.url}/_apigateway/none/approvals/a1")[0] == 404


def test_a_route_with_iam_authorization_needs_a_signature_and_names_the_caller(
    world: World, api: str
) -> None:
    answer(world, {"statusCode": 200})
    url = f"{api}/operator/approvals"
    assert call(url)[0] == 403
    assert call_as(world.environment, url) == 200
    identity = last_event(world)["requestContext"]["authorizer"]["iam"]
    assert identity["userArn"] == "arn:aws:iam::123456789012:user/local"
    assert call_as(world.environment, url, service="s3") == 403
    assert call_as(world.environment | {"AWS_SECRET_ACCESS_KEY": "x"}, url) == 403


def test_users_and_roles_of_iam_sign_with_the_keys_that_they_were_given(
    world: World, api: str
) -> None:
    answer(world, {"statusCode": 200})
    name, iam = world.name("ann"), world.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    given = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    url = f"{api}/operator/approvals"
    assert call_as(world.environment | given, url) == 200
    identity = last_event(world)["requestContext"]["authorizer"]["iam"]
    assert identity["userArn"] == f"arn:aws:iam::123456789012:user/{name}"
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert call_as(world.environment | given, url) == 403

    role = world.client("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/approver", RoleSessionName="ann@example"
    )["Credentials"]
    given = {
        "AWS_ACCESS_KEY_ID": role["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
    }
    assert call_as(world.environment | given, url) == 200
    identity = last_event(world)["requestContext"]["authorizer"]["iam"]
    assert identity["userArn"].endswith(":assumed-role/approver/ann@example")


def test_an_api_made_with_a_target_answers_at_its_endpoint_and_by_its_host_name(
    world: World,
) -> None:
    gateway = world.client("apigatewayv2")
    made = gateway.create_api(Name=world.name("quick"), ProtocolType="HTTP", Target=FUNCTION)
    here = {"ApiId": made["ApiId"]}
    found = gateway.get_api(**here)
    assert made["ApiEndpoint"] == found["ApiEndpoint"]
    assert made["ApiEndpoint"] in {api["ApiEndpoint"] for api in gateway.get_apis()["Items"]}
    (route,) = gateway.get_routes(**here)["Items"]
    (integration,) = gateway.get_integrations(**here)["Items"]
    (stage,) = gateway.get_stages(**here)["Items"]
    assert route["RouteKey"] == "$default"
    assert route["Target"] == f"integrations/{integration['IntegrationId']}"
    assert integration["IntegrationUri"] == FUNCTION
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)

    answer(world, {"statusCode": 200, "body": "here"})
    assert call(f"{made['ApiEndpoint']}/any/path")[::2] == (200, b"here")
    assert last_event(world)["rawPath"] == "/any/path"

    assert by_name(world, made["ApiId"], "/any/path?x=1") == 200
    event = last_event(world)
    assert (event["rawPath"], event["rawQueryString"]) == ("/any/path", "x=1")
    assert event["requestContext"]["domainName"].startswith(f"{made['ApiId']}.execute-api.")
    assert by_name(world, made["ApiId"], "/_localcloud/health") == 200  # the API's own route
    assert last_event(world)["rawPath"] == "/_localcloud/health"
    gateway.delete_api(**here)
    assert by_name(world, made["ApiId"], "/any/path") == 403


def test_a_signature_for_the_host_name_opens_its_iam_routes(world: World, api: str) -> None:
    answer(world, {"statusCode": 200})
    path = "/operator/approvals"
    api_id = api.rsplit("/", 1)[1]
    name = f"{api_id}.execute-api.localhost:{urlsplit(api).port}"
    request = signed(f"http://{name}{path}", world.environment, service="execute-api")
    assert by_name(world, api_id, path) == 403
    assert by_name(world, api_id, path, headers=dict(request.header_items())) == 200
    assert last_event(world)["requestContext"]["authorizer"]["iam"]["userId"]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"ProtocolType": "WEBSOCKET", "Target": FUNCTION}, id="no HTTP API"),
        pytest.param({"ProtocolType": "HTTP", "Target": "http://a.example"}, id="a URL"),
    ],
)
def test_a_target_that_cannot_be_called_is_refused_at_once(
    world: World, wrong: dict[str, str]
) -> None:
    with pytest.raises(ClientError, match="BadRequestException"):
        world.client("apigatewayv2").create_api(Name=world.name("quick"), **wrong)


def by_name(world: World, api_id: str, path: str, *, headers: Mapping[str, str] = {}) -> int:
    """The status that the API answers by its host name, which not every machine resolves."""
    port = urlsplit(world.endpoint.url).port
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        name = {"Host": f"{api_id}.execute-api.localhost:{port}"}
        connection.request("GET", path, headers=name | dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()
