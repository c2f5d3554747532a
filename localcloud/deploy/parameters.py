"""The template's parameters, with the checks that CloudFormation makes.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localcloud.deploy.errors import DeployError


def parameter_values(
    declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]
) -> dict[str, str | list[str]]:
    """The value of every declared parameter; lists for list types, texts for all others.

    Raises:
        DeployError: an unknown parameter, a missing or a forbidden value.
    """
    if unknown := sorted(set(given) - set(declared)):
        raise DeployError(f"the template has no parameter {', '.join(unknown)}")
    return {name: _value(name, rule, given.get(name)) for name, rule in declared.items()}


def _value(name: str, rule: Mapping[str, Any], given: str | None) -> str | list[str]:
    value = rule.get("Default") if given is None else given
    if value is None:
        raise DeployError(f"the parameter {name} needs a value")
    is_list = rule["Type"] == "CommaDelimitedList" or rule["Type"].startswith("List<")
    values = str(value).split(",") if is_list else [str(value)]
    for item in values:
        _check(name, rule, item)
    return values if is_list else values[0]


def _check(name: str, rule: Mapping[str, Any], text: str) -> None:
    allowed = rule.get("AllowedValues")
    if allowed is not None and text not in {str(value) for value in allowed}:
        raise DeployError(f"the parameter {name} must be one of {allowed}, not {text!r}")
    pattern = rule.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, text):
        raise DeployError(f"the parameter {name} must match {pattern}, not {text!r}")
    if rule["Type"] == "Number":
        _check_number(name, rule, text)
    elif not rule.get("MinLength", 0) <= len(text) <= rule.get("MaxLength", len(text)):
        raise DeployError(f"the parameter {name} has a forbidden length: {text!r}")


def _check_number(name: str, rule: Mapping[str, Any], text: str) -> None:
    try:
        number = float(text)
    except ValueError as error:
        raise DeployError(f"the parameter {name} must be a number, not {text!r}") from error
    if not rule.get("MinValue", number) <= number <= rule.get("MaxValue", number):
        raise DeployError(f"the parameter {name} is out of range: {text}")
