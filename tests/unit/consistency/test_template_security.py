"""What the template promises about doors: encrypted, by TLS, and no door that two kinds share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[3]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]

NO_TLS = {"Bool": {"aws:SecureTransport": "false"}}
POLICIES = {
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics"),
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues"),
}


def of_type(*kinds: str) -> list[str]:
    return [name for name, resource in RESOURCES.items() if resource["Type"] in kinds]


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


def http_routes() -> Iterator[tuple[str, bool]]:
    """Yield each route's key and whether it asks for a signature."""
    for name in of_type("AWS::Serverless::Function"):
        for event in properties(name).get("Events", {}).values():
            if event["Type"] == "HttpApi":
                route = event["Properties"]
                signed = route.get("Auth", {}).get("Authorizer") == "AWS_IAM"
                yield f"{route['Method']} {route['Path']}", signed


@pytest.mark.parametrize("name", of_type(*POLICIES))
def test_nothing_is_taken_without_tls(name: str) -> None:
    kind, target = POLICIES[RESOURCES[name]["Type"]]
    [policy] = [
        properties(other)
        for other in of_type(kind)
        if f"'{name}'" in repr(properties(other)[target])
    ]
    denied = [
        statement
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Condition"] == NO_TLS
    ]
    assert [statement["Principal"] for statement in denied] == ["*"]
    assert f"'{name}'" in repr(denied) or f"{name}." in repr(denied)


@pytest.mark.parametrize("name", of_type("AWS::SNS::Topic"))
def test_messages_are_encrypted_with_a_key_that_alarms_may_use(name: str) -> None:
    """CloudWatch cannot publish under `alias/aws/sns`, and nobody would hear of it."""
    condition, owners, own = properties(name)["KmsMasterKeyId"]["Fn::If"]
    assert (condition, owners) == ("HasKey", {"Ref": "KeyArn"})
    key = own["Ref"]
    allowed = properties(key)["KeyPolicy"]["Statement"]
    services = [s["Principal"].get("Service") for s in allowed if s["Effect"] == "Allow"]
    assert "cloudwatch.amazonaws.com" in services
    assert properties(key)["EnableKeyRotation"] is True


def test_whoever_hears_of_outcomes_gets_no_link() -> None:
    """The one function that makes links may publish to approvers, and to nobody else."""
    asking = json.dumps(RESOURCES["RequestApprovalFunction"], default=str)
    assert "ApprovalTopic" in asking
    assert "OutcomeTopic" not in asking
    parameters = {
        properties(name)["Endpoint"]["Ref"]: properties(name)["TopicArn"]["Ref"]
        for name in of_type("AWS::SNS::Subscription")
    }
    assert parameters == {"NotificationEmail": "OutcomeTopic", "ApproverEmail": "ApprovalTopic"}


def test_alarms_go_to_those_who_hear_of_outcomes() -> None:
    for name in of_type("AWS::CloudWatch::Alarm"):
        assert properties(name)["AlarmActions"] == [{"Ref": "OutcomeTopic"}]


def test_open_and_signed_routes_have_limits_of_their_own() -> None:
    """Requests without a signature cannot use up what operators need."""
    api = properties("ApprovalsApi")
    signed = {key for key, is_signed in http_routes() if is_signed}
    assert signed
    assert set(api["RouteSettings"]) == signed
    for settings in (api["DefaultRouteSettings"], *api["RouteSettings"].values()):
        assert settings["ThrottlingBurstLimit"] > 0
        assert settings["ThrottlingRateLimit"] > 0


def test_only_what_a_link_needs_is_open() -> None:
    assert {key for key, is_signed in http_routes() if not is_signed} == {
        "GET /approvals/{id}",
        "GET /approvals/assets/{name}",
        "POST /approvals/{id}/decision",
        "POST /approvals/{id}/facts",
    }


def test_the_job_takes_a_security_configuration() -> None:
    chosen = properties("ConversionJob")["SecurityConfiguration"]["Fn::If"]
    assert chosen[:2] == ["HasGlueSecurity", {"Ref": "GlueSecurityConfiguration"}]
    assert TEMPLATE["Parameters"]["GlueSecurityConfiguration"]["Default"] == ""


LAYERS = ("engine", "patterns")


def locked(path: str) -> dict[str, frozenset[str]]:
    """Each requirement of a file with its hashes."""
    text = (ROOT / path).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    return {
        line.split()[0]: frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", line))
        for line in lines
    }


@pytest.mark.parametrize("layer", LAYERS)
def test_functions_install_what_was_tested_byte_for_byte(layer: str) -> None:
    wanted = (ROOT / f"layers/{layer}/requirements.in").read_text()
    named = {line for line in wanted.splitlines() if line and not line.startswith("#")}
    functions, tested = locked(f"layers/{layer}/requirements.txt"), locked("requirements.lock")
    assert {requirement.split("==")[0] for requirement in functions} >= named
    for requirement, hashes in functions.items():
        assert hashes
        assert hashes == tested[requirement]


def test_the_job_installs_what_the_functions_carry() -> None:
    modules = TEMPLATE["Parameters"]["EngineModules"]["Default"].split(",")
    carried = [locked(f"layers/{layer}/requirements.txt") for layer in LAYERS]
    assert set(modules) == set().union(*carried)
    arguments = properties("ConversionJob")["DefaultArguments"]
    assert arguments["--additional-python-modules"] == {"Ref": "EngineModules"}
