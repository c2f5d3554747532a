"""What grows with the stack's name and the datasets stays within AWS's limits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud.deploy.template_text import parse_template
from sluice.template.tables import Attribute, dataset_tables, with_table

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "template.yaml").read_text()
LONGEST_STACK_NAME = 56
"""As docs/how-to/deploy.md says."""

LONG_TABLE_NAME = "t" * 20
DATASETS_THAT_FIT = {LONGEST_STACK_NAME: 30, len("sluice"): 50}
"""By the length of the stack's name, as docs/how-to/add-a-dataset.md says."""

MANAGED_POLICY_CHARACTERS = 6_144
ROLE_POLICY_CHARACTERS = 10_240
"""Without white space.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""
ENVIRONMENT_BYTES = 4_096
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

ACCOUNT = "1" * 12
ARNS_BY_REF = frozenset({"ApprovalTopic", "CsvPipeline", "OutcomeTopic"})

Template = dict[str, Any]


@dataclass(frozen=True)
class Filled:
    """Documents of the template with every name filled in, in the longest case."""

    stack: str

    def text(self, value: Any) -> str:
        """A document as JSON without white space."""
        match value:
            case {"Fn::If": [_, chosen, _]}:
                return self.text(chosen)
            case {"Fn::Sub": str(text)}:
                filled = re.sub(r"\$\{([^}]+)\}", lambda found: self.name(found[1]), text)
                return json.dumps(filled)
            case {"Fn::GetAtt": [*names]} | {"Ref": str(names)}:
                return json.dumps(self.name(".".join([names] if isinstance(names, str) else names)))
            case dict():
                inner = ",".join(f'"{name}":{self.text(each)}' for name, each in value.items())
                return f"{{{inner}}}"
            case list():
                return f"[{','.join(map(self.text, value))}]"
        return json.dumps(value)

    def name(self, name: str) -> str:
        """What stands for a `Ref` or, with its attribute, a `GetAtt`."""
        logical, _, attribute = name.partition(".")
        physical = f"{self.stack}-{logical}-ABCDEFGHIJKL"
        arn = f"arn:aws:dynamodb:ap-southeast-2:{ACCOUNT}:table/{physical}"
        is_arn = attribute == "Arn" or logical in ARNS_BY_REF
        return self._known.get(name) or (arn if is_arn else physical)

    @property
    def _known(self) -> dict[str, str]:
        region = f"ap-southeast-2:{ACCOUNT}"
        return {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws-us-gov",
            "AWS::Region": "ap-southeast-2",
            "AWS::StackId": f"arn:aws:cloudformation:{region}:stack/{self.stack}/{'u' * 36}",
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
            "KeyArn": f"arn:aws:kms:{region}:key/{'k' * 36}",
        }


TABLES = len(dataset_tables(TEXT))
TEMPLATE = parse_template(TEXT, name="template.yaml")
ONE_MORE = parse_template(
    with_table(TEXT, LONG_TABLE_NAME, [Attribute(name="id", kind="S")]), name="template.yaml"
)
POLICIES = sorted(
    name for name, r in TEMPLATE["Resources"].items() if r["Type"] == "AWS::IAM::ManagedPolicy"
)


def size(measure: Callable[[Template], int], datasets: int) -> int:
    """What is measured of a template with so many datasets; each adds as much as the last."""
    now = measure(TEMPLATE)
    return now + (datasets - TABLES) * (measure(ONE_MORE) - now)


def environment_bytes(template: Template, filled: Filled) -> int:
    own = template["Resources"]["LoadBatchFunction"]["Properties"]["Environment"]["Variables"]
    all_of_them = template["Globals"]["Function"]["Environment"]["Variables"] | own
    values = [json.loads(filled.text(value)) for value in all_of_them.values()]
    return sum(map(len, [*all_of_them, *values]))


@pytest.mark.parametrize(("stack_name", "datasets"), DATASETS_THAT_FIT.items())
@pytest.mark.parametrize("policy", POLICIES)
def test_managed_policies_fit(policy: str, stack_name: int, datasets: int) -> None:
    filled = Filled("s" * stack_name)
    measured = size(lambda t: len(filled.text(document(t, policy))), datasets)
    assert measured <= MANAGED_POLICY_CHARACTERS


def document(template: Template, policy: str) -> Any:
    return template["Resources"][policy]["Properties"]["PolicyDocument"]


@pytest.mark.parametrize(("stack_name", "datasets"), DATASETS_THAT_FIT.items())
def test_the_loader_has_room_for_its_tables(stack_name: int, datasets: int) -> None:
    filled = Filled("s" * stack_name)
    role = size(
        lambda t: len(filled.text(t["Resources"]["LoadBatchFunction"]["Properties"]["Policies"])),
        datasets,
    )
    assert role <= ROLE_POLICY_CHARACTERS
    assert size(lambda t: environment_bytes(t, filled), datasets) <= ENVIRONMENT_BYTES


def test_one_policy_alone_grows_with_the_datasets() -> None:
    grown = [name for name in POLICIES if document(TEMPLATE, name) != document(ONE_MORE, name)]
    assert grown == ["RowReaderPolicy"]


def test_how_many_datasets_fit_is_told() -> None:
    told = (ROOT / "docs/how-to/add-a-dataset.md").read_text()
    assert [n for n in DATASETS_THAT_FIT.values() if f"{n} datasets" not in told] == []
