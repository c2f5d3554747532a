"""The door of the template: what its models let in, where its page may post, and who may sign."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from localcloud.deploy.lint import with_definitions
from localcloud.deploy.template_text import read_template

ROOT = Path(__file__).parents[3]
TEMPLATE: dict[str, Any] = read_template(ROOT / "template.yaml")
TRANSLATED: dict[str, Any] = with_definitions(ROOT / "template.yaml")["Resources"]
API: dict[str, Any] = TEMPLATE["Resources"]["UploadsApi"]["Properties"]
PATHS: dict[str, Any] = API["DefinitionBody"]["paths"]
SCHEMAS: dict[str, Any] = API["DefinitionBody"]["components"]["schemas"]
SECRET = "A-_9" + "a" * 39


@pytest.mark.parametrize(
    ("model", "body", "fits"),
    [
        ("FormRequest", {"secret": SECRET, "name": "a.csv", "size_bytes": 1}, True),
        ("FormRequest", {"secret": SECRET, "name": "a.csv"}, False),
        ("FormRequest", {"secret": SECRET, "name": "", "size_bytes": 1}, False),
        ("FormRequest", {"secret": SECRET, "name": "a" * 256, "size_bytes": 1}, False),
        ("FormRequest", {"secret": SECRET, "name": "a", "size_bytes": -1}, False),
        ("FormRequest", {"secret": SECRET, "name": "a", "size_bytes": 1.5}, False),
        ("FormRequest", {"secret": SECRET, "name": "a", "size_bytes": 1, "key": "k"}, False),
        ("FateRequest", {"secret": SECRET}, True),
        ("FateRequest", {"secret": SECRET, "version_id": "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIb_-"}, True),
        ("FateRequest", {"secret": SECRET, "version_id": "a b"}, False),
        ("FateRequest", {"secret": SECRET[1:]}, False),
        ("FateRequest", {"secret": f"{SECRET[1:]}#"}, False),
        ("FateRequest", {}, False),
    ],
)
def test_the_models_let_in_what_the_page_sends(
    model: str, body: dict[str, Any], *, fits: bool
) -> None:
    assert Draft4Validator(SCHEMAS[model]).is_valid(body) is fits


def test_every_body_has_a_model_and_is_counted() -> None:
    posts = {path: each["post"] for path, each in PATHS.items() if "post" in each}
    assert set(posts) == {"/uploads/{id}/form", "/uploads/{id}/fate"}
    for operation in posts.values():
        assert operation["security"] == [{"api_key": []}]
        assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]


def test_the_api_is_throttled_and_logs_no_path() -> None:
    [stage] = [
        r["Properties"] for r in TRANSLATED.values() if r["Type"] == "AWS::ApiGateway::Stage"
    ]
    [every] = stage["MethodSettings"]
    assert every["ThrottlingRateLimit"] > 0
    logged = json.loads(stage["AccessLogSetting"]["Format"])
    assert logged["route"] == "$context.httpMethod $context.resourcePath"
    assert not {"$context.path", "$context.requestOverride.path"} & set(logged.values())


def test_only_the_doors_page_may_post_to_the_landing_bucket() -> None:
    [rule] = TEMPLATE["Resources"]["LandingBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedMethods"] == ["POST"]
    [origin] = rule["AllowedOrigins"]
    assert origin["Fn::Sub"].startswith("https://${UploadsApi}.execute-api.")
    assert "*" not in origin["Fn::Sub"]


def test_every_route_calls_the_function_that_the_stage_names() -> None:
    operations = [operation for each in PATHS.values() for operation in each.values()]
    uris = {o["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"] for o in operations}
    assert len(operations) == 4
    [uri] = uris
    assert ":function:${!stageVariables.ReceiveUpload}/" in uri
    assert API["Variables"]["ReceiveUpload"] == {"Fn::Sub": "${ReceiveUploadFunction}:live"}
