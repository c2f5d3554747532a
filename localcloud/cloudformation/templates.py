"""What a template needs and declares, before anything is done with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from localcloud.cloudformation.errors import RefusedError

_IAM = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role")
_NAMES = ("RoleName", "ManagedPolicyName")
Template = Mapping[str, Any]


def needed_capability(translated: Template) -> tuple[str, str] | None:
    """The capability that a template asks of its caller, and for which types; None for none.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    found = [item for item in translated["Resources"].values() if item.get("Type") in _IAM]
    if not found:
        return None
    is_named = any(name in item.get("Properties", {}) for item in found for name in _NAMES)
    types = ", ".join(sorted({item["Type"] for item in found}))
    return ("CAPABILITY_NAMED_IAM" if is_named else "CAPABILITY_IAM"), types


def check_capabilities(translated: Template, given: Collection[str]) -> None:
    """Refuse to make roles for a caller who did not say so.

    Raises:
        RefusedError: `InsufficientCapabilitiesException`.
    """
    needed = needed_capability(translated)
    if needed is None or needed[0] in given or "CAPABILITY_NAMED_IAM" in given:
        return
    message = f"Requires capabilities : [{needed[0]}]"
    raise RefusedError("InsufficientCapabilitiesException", message)


def summary(template: Template, translated: Template) -> dict[str, Any]:
    """The answer of GetTemplateSummary."""
    needed = needed_capability(translated)
    transforms = template.get("Transform", [])
    return {
        "Parameters": declared_parameters(template),
        "Description": template.get("Description"),
        "ResourceTypes": sorted({item["Type"] for item in template["Resources"].values()}),
        "Version": template.get("AWSTemplateFormatVersion"),
        "Capabilities": [needed[0]] if needed else [],
        "CapabilitiesReason": f"The following resource(s) require capabilities: [{needed[1]}]"
        if needed
        else None,
        "DeclaredTransforms": [transforms] if isinstance(transforms, str) else list(transforms),
    }


def declared_parameters(template: Template) -> list[dict[str, Any]]:
    """The parameters of a template as the API shows them."""
    return [
        {
            "ParameterKey": name,
            "DefaultValue": rule.get("Default"),
            "ParameterType": rule["Type"],
            "NoEcho": str(rule.get("NoEcho", False)).lower() == "true",
            "Description": rule.get("Description"),
        }
        for name, rule in template.get("Parameters", {}).items()
    ]
