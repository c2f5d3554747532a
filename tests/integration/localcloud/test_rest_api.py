"""REST APIs: what is refused before any function runs, and what the function gets and answers."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.localcloud.test_http_api import answer, call
from tests.integration.localcloud.world import World

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:door:live"
URI = (
    "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:eu-central-1:123456789012:function:${stageVariables.Door}/invocations"
)
INTEGRATION = {"type": "aws_proxy", "httpMethod": "POST", "uri": URI}
VALIDATOR = "x-amazon-apigateway-request-validator"
SCHEMAS = {
    "Secret": {"type": "string", "pattern": "^[a-z]{3}$"},
    "Wish": {
        "type": "object",
        "required": ["secret"],
        "additionalProperties": False,
        "properties": {"secret": {"$ref": "#/components/schemas/Secret"}},
    },
}
JSON = {"Content-Type": "application/json"}


def document(**of_form: Any) -> dict[str, Any]:
    """An API with a page, and a form that has a model."""
    model = {"application/json": {"schema": {"$ref": "#/components/schemas/Wish"}}}
    form = {"requestBody": {"content": model}, "x-amazon-apigateway-integration": INTEGRATION}
    return {
        "openapi": "3.0.1",
        "info": {"title": "door", "version": "1"},
        VALIDATOR: "everything",
        f"{VALIDATOR}s": {
            "everything": {"validateRequestBody": True, "validateRequestParameters": True}
        },
        "components": {"schemas": SCHEMAS},
        "paths": {
            "/uploads/{id}": {"get": {"x-amazon-apigateway-integration": INTEGRATION}},
            "/uploads/{id}/form": {"post": form | of_form},
        },
    }


def deployed(world: World, described: dict[str, Any]) -> tuple[str, str]:
    """The id of an API and the URL of its stage `prod`."""
    gateway = world.client("apigateway")
    api_id = gateway.import_rest_api(body=json.dumps(described).encode())["id"]
    deployment = gateway.create_deployment(restApiId=api_id)["id"]
    gateway.create_stage(
        restApiId=api_id,
        stageName="prod",
        deploymentId=deployment,
        variables={"Door": "door:live"},
    )
    return api_id, f"{world.endpoint.url}/_apigateway/{api_id}/prod"


def post(url: str, document: Any, **headers: str) -> tuple[int, Any, str]:
    """The status, what the answer says, and the type of the error that its header names."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    status, told, said = call(url, method="POST", body=body, headers=JSON | headers)
    return status, json.loads(said), told.get("x-amzn-ErrorType", "")


def nobody_was_called(world: World) -> bool:
    return world.compute.invocations.empty()


def test_a_request_becomes_an_event_of_format_1(world: World) -> None:
    api_id, url = deployed(world, document())
    answer(world, {"statusCode": 201, "headers": {"X-A": "1"}, "body": "<p>ü"})
    status, headers, body = call(f"{url}/uploads/a1?x=1&x=2", headers={"X-My": "h"})
    assert (status, headers["x-a"], body.decode()) == (201, "1", "<p>ü")
    arn, event = world.compute.invocations.get(timeout=5)
    assert arn == FUNCTION
    assert event["resource"] == "/uploads/{id}"
    assert event["httpMethod"] == "GET"
    assert event["path"] == "/uploads/a1"
    assert event["pathParameters"] == {"id": "a1"}
    assert event["queryStringParameters"] == {"x": "2"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["headers"]["X-My"] == "h"
    assert event["stageVariables"] == {"Door": "door:live"}
    assert (event["body"], event["isBase64Encoded"]) == (None, False)
    context = event["requestContext"]
    assert (context["apiId"], context["stage"]) == (api_id, "prod")
    assert (context["path"], context["resourcePath"]) == ("/prod/uploads/a1", "/uploads/{id}")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="without what is required"),
        pytest.param({"secret": "ABC"}, id="of another pattern"),
        pytest.param({"secret": "abc", "more": 1}, id="with more than is asked for"),
        pytest.param([], id="no object"),
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_model_refuses_a_body_before_any_function_runs(world: World, body: Any) -> None:
    _, url = deployed(world, document())
    refused = (400, {"message": "Invalid request body"}, "BadRequestException")
    assert post(f"{url}/uploads/a/form", body) == refused
    assert nobody_was_called(world)


def test_what_fits_the_model_reaches_the_function(world: World) -> None:
    _, url = deployed(world, document())
    answer(world, {"statusCode": 200, "body": "{}"})
    assert post(f"{url}/uploads/a/form", {"secret": "abc"})[0] == 200
    _, event = world.compute.invocations.get(timeout=5)
    assert json.loads(event["body"]) == {"secret": "abc"}


def test_bodies_of_another_content_type_have_no_model(world: World) -> None:
    """So AWS says: functions have to look for themselves."""
    _, url = deployed(world, document())
    answer(world, {"statusCode": 200, "body": "{}"})
    status, _, _ = call(
        f"{url}/uploads/a/form", method="POST", body=b"x", headers={"Content-Type": "text/plain"}
    )
    assert status == 200
    world.compute.invocations.get(timeout=5)


def test_required_parameters_have_to_be_there(world: World) -> None:
    header = {"in": "header", "name": "X-Form", "required": True, "schema": {"type": "string"}}
    _, url = deployed(world, document(parameters=[header]))
    said = {"message": "Missing required request parameters: [X-Form]"}
    assert post(f"{url}/uploads/a/form", {"secret": "abc"})[:2] == (400, said)
    assert nobody_was_called(world)


def test_what_no_resource_has_misses_a_token_and_no_stage_is_forbidden(world: World) -> None:
    api_id, url = deployed(world, document())
    missing = (403, {"message": "Missing Authentication Token"})
    assert post(f"{url}/nothing", {})[:2] == missing
    assert post(f"{url}/uploads/a", {})[:2] == missing
    elsewhere = f"{world.endpoint.url}/_apigateway/{api_id}/test/uploads/a"
    assert post(elsewhere, {})[:2] == (403, {"message": "Forbidden"})
    assert nobody_was_called(world)


def test_a_function_that_fails_or_answers_out_of_form_is_a_bad_gateway(world: World) -> None:
    _, url = deployed(world, document())
    broken = (502, {"message": "Internal server error"})
    answer(world, {"errorMessage": "secret"}, error="Unhandled")
    assert post(f"{url}/uploads/a/form", {"secret": "abc"})[:2] == broken
    answer(world, {"ok": True})
    assert post(f"{url}/uploads/a/form", {"secret": "abc"})[:2] == broken
    for _ in range(2):
        world.compute.invocations.get(timeout=5)


def test_a_stage_lets_through_what_its_settings_say(world: World) -> None:
    api_id, url = deployed(world, document())
    patches = {"/*/*/throttling/burstLimit": "2", "/*/*/throttling/rateLimit": "0.001"}
    operations = [{"op": "replace", "path": p, "value": v} for p, v in patches.items()]
    gateway = world.client("apigateway")
    stage = gateway.update_stage(restApiId=api_id, stageName="prod", patchOperations=operations)
    assert stage["methodSettings"]["*/*"]["throttlingBurstLimit"] == 2
    answer(world, {"statusCode": 200, "body": "{}"})
    answers = [post(f"{url}/uploads/a/form", {"secret": "abc"}) for _ in range(3)]
    assert [status for status, _, _ in answers] == [200, 200, 429]
    assert answers[-1][1:] == ({"message": "Too Many Requests"}, "TooManyRequestsException")
    for _ in range(2):
        world.compute.invocations.get(timeout=5)


def test_a_usage_plan_counts_the_requests_of_its_keys(world: World) -> None:
    described = document(security=[{"api_key": []}])
    api_id, url = deployed(world, described)
    gateway = world.client("apigateway")
    key = gateway.create_api_key(name=world.name("key"), enabled=True)
    plan = gateway.create_usage_plan(
        name=world.name("plan"),
        apiStages=[{"apiId": api_id, "stage": "prod"}],
        quota={"limit": 1, "period": "DAY"},
    )
    form = f"{url}/uploads/a/form"
    answer(world, {"statusCode": 200, "body": "{}"})
    forbidden = (403, {"message": "Forbidden"}, "ForbiddenException")
    assert post(form, {"secret": "abc"}) == forbidden
    assert post(form, {"secret": "abc"}, **{"X-Api-Key": key["value"]}) == forbidden
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    assert post(form, {"secret": "abc"}, **{"X-Api-Key": key["value"]})[0] == 200
    spent = (429, {"message": "Limit Exceeded"}, "LimitExceededException")
    assert post(form, {"secret": "abc"}, **{"X-Api-Key": key["value"]}) == spent
    world.compute.invocations.get(timeout=5)


def test_a_stage_serves_what_was_deployed(world: World) -> None:
    api_id, url = deployed(world, document())
    gateway = world.client("apigateway")
    changed = document() | {"paths": {}}
    gateway.put_rest_api(restApiId=api_id, mode="overwrite", body=json.dumps(changed).encode())
    answer(world, {"statusCode": 200, "body": ""})
    assert call(f"{url}/uploads/a")[0] == 200
    world.compute.invocations.get(timeout=5)
    deployment = gateway.create_deployment(restApiId=api_id)["id"]
    patch = {"op": "replace", "path": "/deploymentId", "value": deployment}
    gateway.update_stage(restApiId=api_id, stageName="prod", patchOperations=[patch])
    assert call(f"{url}/uploads/a")[0] == 403


def test_apis_are_listed_and_removed(world: World) -> None:
    api_id, url = deployed(world, document())
    gateway = world.client("apigateway")
    assert gateway.get_rest_api(restApiId=api_id)["name"] == "door"
    assert api_id in {api["id"] for api in gateway.get_rest_apis()["items"]}
    assert [s["stageName"] for s in gateway.get_stages(restApiId=api_id)["item"]] == ["prod"]
    gateway.delete_rest_api(restApiId=api_id)
    with pytest.raises(ClientError, match="Invalid identifier specified"):
        gateway.get_rest_api(restApiId=api_id)
    assert call(f"{url}/uploads/a")[0] == 404


def test_what_is_not_served_is_refused_when_it_is_made(world: World) -> None:
    gateway = world.client("apigateway")
    mock = document()
    mock["paths"]["/uploads/{id}"]["get"] = {"x-amazon-apigateway-integration": {"type": "mock"}}
    with pytest.raises(ClientError, match="no integration of the type aws_proxy"):
        gateway.import_rest_api(body=json.dumps(mock).encode())
    with pytest.raises(ClientError, match="ImportRestApi"):
        gateway.create_rest_api(name="door")


def test_answers_are_counted_under_the_name_of_the_api(world: World) -> None:
    described = document()
    described["info"]["title"] = world.name("counted")
    _, url = deployed(world, described)
    post(f"{url}/uploads/a/form", {})
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    found = world.client("cloudwatch").get_metric_data(
        StartTime=minute - timedelta(minutes=5),
        EndTime=minute + timedelta(minutes=5),
        MetricDataQueries=[
            {
                "Id": "a",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/ApiGateway",
                        "MetricName": "4XXError",
                        "Dimensions": [{"Name": "ApiName", "Value": described["info"]["title"]}],
                    },
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
        ],
    )
    assert sum(found["MetricDataResults"][0]["Values"]) == 1
