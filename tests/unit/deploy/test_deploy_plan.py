from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.deploy.errors import DeployError
from localcloud.deploy.plan import Place, Plan, make_plan

PLACE = Place(stack="demo", account="123456789012", region="us-east-1")


def plan_of(template: dict[str, Any], **given_parameters: str) -> Plan:
    return make_plan(template, given=given_parameters, place=PLACE, known_types={"Thing"})


def thing(*others: str, **extra: Any) -> dict[str, Any]:
    return {"Type": "Thing", "Properties": {"needs": [{"Ref": name} for name in others]}} | extra


def test_a_resource_comes_after_what_it_refers_to() -> None:
    plan = plan_of({"Resources": {"C": thing("B"), "B": thing("A"), "A": thing()}})
    assert [step.logical_id for step in plan.steps] == ["A", "B", "C"]


def test_depends_on_counts_like_a_reference() -> None:
    plan = plan_of({"Resources": {"B": thing(DependsOn="A"), "A": thing()}})
    assert [step.logical_id for step in plan.steps] == ["A", "B"]


@given(
    st.integers(2, 12).flatmap(
        lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=30)
    )
)
def test_any_acyclic_template_is_ordered_and_any_circle_refused(
    edges: list[tuple[int, int]],
) -> None:
    forward = [(low, high) for low, high in edges if low < high]
    names = {f"R{i}" for edge in edges for i in edge}
    needs: dict[str, list[str]] = {name: [] for name in names}
    for low, high in forward:
        needs[f"R{high}"].append(f"R{low}")
    resources = {name: thing(*others) for name, others in needs.items()}

    order = [step.logical_id for step in plan_of({"Resources": resources}).steps]
    assert sorted(order) == sorted(names)
    assert all(order.index(f"R{low}") < order.index(f"R{high}") for low, high in forward)

    if forward:
        low, high = forward[0]
        resources[f"R{low}"] = thing(f"R{high}")
        with pytest.raises(DeployError, match="refer to one another"):
            plan_of({"Resources": resources})


def test_conditions_switch_resources_and_outputs_off() -> None:
    template = {
        "Parameters": {"Mail": {"Type": "String", "Default": ""}},
        "Conditions": {"HasMail": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Mail"}, ""]}]}},
        "Resources": {"A": thing(), "B": thing(Condition="HasMail")},
        "Outputs": {"Out": {"Value": {"Ref": "B"}, "Condition": "HasMail"}},
    }
    without = plan_of(template)
    assert [step.logical_id for step in without.steps] == ["A"]
    assert not without.outputs
    assert len(plan_of(template, Mail="me@example.com").steps) == 2


@pytest.mark.parametrize(
    ("template", "message"),
    [
        pytest.param(
            {"Resources": {"A": {"Type": "AWS::Mars::Rover"}}}, "AWS::Mars::Rover", id="type"
        ),
        pytest.param({"Resources": {"A": thing("Ghost")}}, "A refers to Ghost", id="reference"),
        pytest.param(
            {"Resources": {"A": thing(Condition="Ghost")}}, "no condition Ghost", id="condition"
        ),
        pytest.param(
            {
                "Conditions": {"C": {"Fn::Equals": [{"Ref": "A"}, 1]}},
                "Resources": {"A": thing(Condition="C")},
            },
            "which is no parameter",
            id="a condition on a resource",
        ),
        pytest.param(
            {"Parameters": {"P": {"Type": "String"}}, "Resources": {}},
            "P needs a value",
            id="value",
        ),
    ],
)
def test_mistakes_are_named(template: dict[str, Any], message: str) -> None:
    with pytest.raises(DeployError, match=message):
        plan_of(template)
