"""Names of resources that the template does not name."""

from __future__ import annotations

from localcloud.deploy.plan import Place
from localcloud.deploy.resource import LONGEST_NAME, Resource


def named(stack: str, logical_id: str) -> str:
    return Resource(
        logical_id=logical_id,
        type="AWS::Lambda::Function",
        place=Place(stack=stack, account="123456789012", region="us-east-1"),
        properties={},
        physical_id=None,
        client=lambda service: service,
    ).default_name


def test_a_short_name_is_told_whole() -> None:
    assert named("sluice", "StartRunsFunction") == "sluice-StartRunsFunction"


def test_long_names_stay_apart_and_fit() -> None:
    names = {named("s" * 56, logical_id) for logical_id in ("StartRunsFunction", "StartRunsRole")}
    assert len(names) == 2
    assert max(map(len, names)) == LONGEST_NAME
    assert names == {named("s" * 56, each) for each in ("StartRunsFunction", "StartRunsRole")}
