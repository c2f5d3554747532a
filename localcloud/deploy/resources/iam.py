"""Roles and policies; the local cloud keeps them for the record and enforces none of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localcloud.deploy.resource import Made, Resource

EXISTS = ("EntityAlreadyExists",)
MANAGED_BY_AWS = "arn:aws:iam::aws:policy/"


def role(resource: Resource) -> Made:
    """`AWS::IAM::Role`."""
    chosen, request = resource.split("Policies", "ManagedPolicyArns")
    request = {"RoleName": resource.default_name} | request
    name = request["RoleName"]
    created = resource.create_or_update(
        lambda: resource.call("iam", "create_role", request)["Role"],
        lambda: _update_role(resource, request),
        exists=EXISTS,
    )
    for inline in chosen.get("Policies", []):
        document = {
            "RoleName": name,
            "PolicyName": inline["PolicyName"],
            "PolicyDocument": _document(inline["PolicyDocument"]),
        }
        resource.call("iam", "put_role_policy", document)
    for arn in chosen.get("ManagedPolicyArns", []):
        _attach(resource, name, arn)
    return Made(ref=name, attributes={"Arn": created["Arn"], "RoleId": created["RoleId"]})


def _document(policy: Mapping[str, Any]) -> str:
    """A policy as text; moto refuses those without Version, which AWS (and SAM) allow."""
    return json.dumps({"Version": "2012-10-17"} | dict(policy))


def _update_role(resource: Resource, request: dict[str, Any]) -> dict[str, Any]:
    trust = {
        "RoleName": request["RoleName"],
        "PolicyDocument": request["AssumeRolePolicyDocument"],
    }
    resource.call("iam", "update_assume_role_policy", trust)
    found: dict[str, Any] = resource.call("iam", "get_role", {"RoleName": request["RoleName"]})
    return dict(found["Role"])


def _attach(resource: Resource, role_name: str, arn: str) -> None:
    """Attach a policy, unless AWS manages it: those do not exist here, and nothing is enforced."""
    if not arn.startswith(MANAGED_BY_AWS):
        resource.call("iam", "attach_role_policy", {"RoleName": role_name, "PolicyArn": arn})


def policy(resource: Resource) -> Made:
    """`AWS::IAM::Policy`: an inline policy of one or more roles."""
    chosen, rest = resource.split("PolicyName", "PolicyDocument", "Roles")
    resource.refuse(rest)
    for role_name in chosen.get("Roles", []):
        document = {
            "RoleName": role_name,
            "PolicyName": chosen["PolicyName"],
            "PolicyDocument": _document(chosen["PolicyDocument"]),
        }
        resource.call("iam", "put_role_policy", document)
    return Made(ref=chosen["PolicyName"])


def managed_policy(resource: Resource) -> Made:
    """`AWS::IAM::ManagedPolicy`."""
    chosen, rest = resource.split("ManagedPolicyName", "PolicyDocument", "Roles", "Description")
    resource.refuse(rest)
    name = chosen.get("ManagedPolicyName", resource.default_name)
    document = _document(chosen["PolicyDocument"])
    arn = f"{MANAGED_BY_AWS.replace('aws:policy', resource.place.account + ':policy')}{name}"
    resource.create_or_update(
        lambda: resource.call(
            "iam", "create_policy", {"PolicyName": name, "PolicyDocument": document}
        ),
        lambda: _replace_policy(resource, arn, document),
        exists=EXISTS,
    )
    for role_name in chosen.get("Roles", []):
        _attach(resource, role_name, arn)
    return Made(ref=arn)


def _replace_policy(resource: Resource, arn: str, document: str) -> None:
    """Give a policy a new document; of its versions, five at most, none but that one stays."""
    named = {"PolicyArn": arn}
    versions = resource.call("iam", "list_policy_versions", named)["Versions"]
    for old in versions:
        if not old["IsDefaultVersion"]:
            resource.call("iam", "delete_policy_version", named | {"VersionId": old["VersionId"]})
    new = named | {"PolicyDocument": document, "SetAsDefault": True}
    resource.call("iam", "create_policy_version", new)
