"""What an owner chooses by parameters: keys, boundary, names, and whom to let in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.deploy.lint import with_definitions
from localcloud.deploy.template_text import read_template

ROOT = Path(__file__).parents[3]
RESOURCES: dict[str, Any] = read_template(ROOT / "template.yaml")["Resources"]
TRANSLATED: dict[str, Any] = with_definitions(ROOT / "template.yaml")["Resources"]
DEFINITION = (ROOT / "statemachine/csv_pipeline.asl.json").read_text()
LONGEST_STACK_NAME = 56
"""As docs/how-to/deploy.md says."""

LIMITS = {
    "AWS::Glue::Job": 255,
    "AWS::Lambda::LayerVersion": 140,
    "AWS::Scheduler::Schedule": 64,
    "AWS::StepFunctions::StateMachine": 80,
}


def of_type(kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in TRANSLATED.items() if r["Type"] == kind}


def if_key(chosen: Any) -> bool:
    return "HasKey" in json.dumps(chosen)


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("AWS::S3::Bucket", "BucketEncryption"),
        ("AWS::DynamoDB::Table", "SSESpecification"),
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
    ],
)
def test_everything_that_keeps_data_takes_the_owners_key(kind: str, member: str) -> None:
    found = of_type(kind)
    assert found
    assert [name for name, properties in found.items() if not if_key(properties[member])] == []


def test_every_role_may_use_the_owners_key_and_has_the_boundary() -> None:
    roles = of_type("AWS::IAM::Role")
    named = {each["Ref"] for each in TRANSLATED["UseOfKeys"]["Properties"]["Roles"]}
    assert named == set(roles) - {"ApiLogRole"}  # which reads and writes no data
    for name, role in roles.items():
        assert role["PermissionsBoundary"]["Fn::If"][0] == "HasBoundary", name


def test_tables_refuse_to_be_deleted_where_the_owner_wants_it() -> None:
    for table in of_type("AWS::DynamoDB::Table").values():
        assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}


def names() -> Iterator[tuple[str, str]]:
    for resource in TRANSLATED.values():
        for member in ("Name", "LayerName", "StateMachineName"):
            name = resource.get("Properties", {}).get(member)
            if resource["Type"] in LIMITS and isinstance(name, dict):
                yield resource["Type"], name["Fn::Sub"]


def test_names_fit_for_the_longest_stack_name() -> None:
    found = dict(names())
    assert found.keys() == LIMITS.keys()
    for kind, name in names():
        full = name.replace("${AWS::StackName}", "s" * LONGEST_STACK_NAME)
        assert len(full) <= LIMITS[kind], name
    assert f"{LONGEST_STACK_NAME} characters" in (ROOT / "docs/how-to/deploy.md").read_text()


def test_no_partition_is_taken_for_granted() -> None:
    template = (ROOT / "template.yaml").read_text()
    assert not re.findall(r"arn:aws:\w*", template + DEFINITION)


def test_the_api_logs_who_asked_and_how_long_it_took() -> None:
    [stage] = of_type("AWS::ApiGatewayV2::Stage").values()
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert logged["caller"] == "$context.identity.userArn"
    assert logged["latency_ms"] == "$context.responseLatency"


def statements(policy: str) -> list[Any]:
    found = TRANSLATED[policy]["Properties"]["PolicyDocument"]["Statement"]
    return [s["Fn::If"][1] if "Fn::If" in s else s for s in found]


def actions(policy: str) -> set[str]:
    granted = statements(policy)
    lists = ([s["Action"]] if isinstance(s["Action"], str) else s["Action"] for s in granted)
    return {action for each in lists for action in each}


def test_duties_are_separate() -> None:
    dropper, approver, operator, reader = map(
        actions, ("DropperPolicy", "ApproverPolicy", "OperatorPolicy", "RowReaderPolicy")
    )
    tables = [s["Resource"] for s in statements("RowReaderPolicy") if s["Sid"] == "LookAtRows"]
    assert "ControlTable" not in json.dumps(tables)  # which holds tokens
    assert "dynamodb:Scan" not in operator
    assert "execute-api:Invoke" not in dropper | operator
    assert "s3:PutObject" not in approver | operator
    written = [s for s in statements("AnalystPolicy") if "s3:PutObject" in s["Action"]]
    assert [s["Resource"] for s in written] == [{"Fn::Sub": "${WorkBucket.Arn}/queries/*"}]
    assert not {a for a in approver if a.startswith(("s3:", "dynamodb:", "states:"))}
    assert not operator & {"states:SendTaskSuccess", "states:SendTaskFailure", "dynamodb:PutItem"}
    for policy in (dropper, approver, operator, reader):
        assert not {action for action in policy if "*" in action}


def test_operators_may_ask_each_index_that_their_tool_asks() -> None:
    source = "".join(path.read_text() for path in (ROOT / "sluice").rglob("*.py"))
    asked = set(re.findall(r'IndexName"?[:=] ?"(\w+)"', source))
    assert asked == {"OpenIndex", "RunIndex"}
    policy = json.dumps(TRANSLATED["OperatorPolicy"])
    assert {index for index in asked if f"/index/{index}" not in policy} == set()


@pytest.mark.parametrize("settings", [".checkov.yaml", ".parliament.yaml"])
def test_what_is_not_asked_has_a_reason(settings: str) -> None:
    lines = (ROOT / settings).read_text().splitlines()
    silenced = [line for line in lines if re.match(r"  - CKV|[A-Z_]+:", line)]
    assert silenced
    assert [line for line in silenced if "#" not in line] == []
