from typing import Any

from localcloud.deploy.differences import differences
from localcloud.deploy.plan import Place, Plan, make_plan

PLACE = Place(stack="demo", account="123456789012", region="us-east-1")


def plan_of(resources: dict[str, Any], **given: str) -> Plan:
    parameters = {name: {"Type": "String"} for name in given}
    template = {"Parameters": parameters, "Resources": resources}
    return make_plan(template, given=given, place=PLACE, known_types={"Thing", "Other"})


def thing(**properties: Any) -> dict[str, Any]:
    return {"Type": "Thing", "Properties": properties}


def found(before: Plan | None, after: Plan) -> list[tuple[str, str]]:
    return [(one.action, one.logical_id) for one in differences(before, after)]


def test_everything_of_a_new_stack_is_added() -> None:
    assert found(None, plan_of({"A": thing(), "B": thing(a={"Ref": "A"})})) == [
        ("Add", "A"),
        ("Add", "B"),
    ]


def test_what_is_worded_alike_does_not_change() -> None:
    plan = plan_of({"A": thing(x=[1, {"y": 2}])})
    assert found(plan, plan_of({"A": thing(x=[1, {"y": 2}])})) == []


def test_a_property_a_type_and_a_resource_that_leaves() -> None:
    before = plan_of({"A": thing(x=1), "B": thing(), "C": thing(), "D": thing()})
    after = plan_of({"A": thing(x=2), "B": {"Type": "Other"}, "C": thing()})
    assert found(before, after) == [("Modify", "A"), ("Modify", "B"), ("Remove", "D")]


def test_a_parameter_changes_those_that_refer_to_it() -> None:
    resources = {"A": thing(x={"Ref": "P"}), "B": thing(x={"Fn::Sub": "${P}-b"}), "C": thing()}
    before, after = plan_of(resources, P="one"), plan_of(resources, P="two")
    assert found(before, after) == [("Modify", "A"), ("Modify", "B")]
