"""What the template's subscription of a mailbox lets through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from moto.sns.utils import FilterPolicyMatcher
from samtranslator.yaml_helper import yaml_parse

TEMPLATE: dict[str, Any] = yaml_parse((Path(__file__).parents[3] / "template.yaml").read_text())
POLICY = TEMPLATE["Resources"]["EmailSubscription"]["Properties"]["FilterPolicy"]


@pytest.mark.parametrize(
    ("attributes", "mailed"),
    [
        pytest.param({"status": {"Type": "String", "Value": "LOADED"}}, True, id="loaded"),
        pytest.param({"status": {"Type": "String", "Value": "FAILED"}}, True, id="failed"),
        pytest.param({}, True, id="an alarm"),
        pytest.param({"status": {"Type": "String", "Value": "DUPLICATE"}}, False, id="duplicate"),
    ],
)
def test_a_run_whose_files_another_run_has_is_mailed_to_nobody(
    attributes: dict[str, Any], mailed: bool
) -> None:
    assert FilterPolicyMatcher(POLICY, None).matches(attributes, "") is mailed
