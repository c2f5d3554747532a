from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.deploy.errors import DeployError
from localcloud.deploy.intrinsics import NO_VALUE, references, resolve


class Stack:
    """A stack with one parameter, one resource, one condition and one mapping."""

    def ref(self, name: str) -> Any:
        return {"AWS::NoValue": NO_VALUE, "Count": "3", "Bucket": "my-bucket"}[name]

    def attribute(self, logical_id: str, name: str) -> Any:
        return f"{logical_id}/{name}"

    def condition(self, name: str) -> bool:
        return name == "Yes"

    def mapping(self, name: str, key: str, member: str) -> Any:
        return f"{name}-{key}-{member}"


@pytest.mark.parametrize(
    ("node", "value"),
    [
        pytest.param({"Ref": "Count"}, "3", id="Ref"),
        pytest.param({"Fn::GetAtt": ["Bucket", "Arn"]}, "Bucket/Arn", id="GetAtt as a list"),
        pytest.param({"Fn::GetAtt": "Bucket.A.B"}, "Bucket/A.B", id="GetAtt as a text"),
        pytest.param({"Fn::Sub": "${Bucket}-${ Count }"}, "my-bucket-3", id="Sub"),
        pytest.param({"Fn::Sub": "${Bucket.Arn}"}, "Bucket/Arn", id="Sub of an attribute"),
        pytest.param({"Fn::Sub": "${!Literal}"}, "${Literal}", id="Sub leaves a literal"),
        pytest.param({"Fn::Sub": ["${x}", {"x": {"Ref": "Count"}}]}, "3", id="Sub with own values"),
        pytest.param({"Fn::Sub": ["${x}", {"x": True}]}, "true", id="Sub words a boolean"),
        pytest.param({"Fn::If": ["Yes", 1, {"Ref": "Nope"}]}, 1, id="If looks at one branch only"),
        pytest.param({"Fn::If": ["No", 1, 2]}, 2, id="If not"),
        pytest.param({"Fn::Equals": [{"Ref": "Count"}, 3]}, True, id="Equals compares texts"),
        pytest.param({"Fn::Not": [{"Condition": "Yes"}]}, False, id="Not"),
        pytest.param({"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]}, False, id="And"),
        pytest.param({"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]}, True, id="Or"),
        pytest.param({"Fn::Join": ["-", ["a", {"Ref": "Count"}]]}, "a-3", id="Join"),
        pytest.param({"Fn::Select": ["1", ["a", "b"]]}, "b", id="Select"),
        pytest.param({"Fn::Split": [",", "a,b"]}, ["a", "b"], id="Split"),
        pytest.param({"Fn::FindInMap": ["M", "k", {"Ref": "Count"}]}, "M-k-3", id="FindInMap"),
        pytest.param({"Fn::Base64": "hi"}, "aGk=", id="Base64"),
        pytest.param({"Fn::ToJsonString": {"a": {"Ref": "Count"}}}, '{"a":"3"}', id="ToJsonString"),
        pytest.param({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}, id="NoValue drops a member"),
        pytest.param([{"Ref": "AWS::NoValue"}, 1], [1], id="NoValue drops an item"),
        pytest.param({"Condition": {"Bool": {}}}, {"Condition": {"Bool": {}}}, id="IAM Condition"),
    ],
)
def test_functions_have_cloudformations_meaning(node: Any, value: Any) -> None:
    assert resolve(node, Stack()) == value


def test_an_unknown_function_is_refused_by_name() -> None:
    with pytest.raises(DeployError, match="Fn::Cidr"):
        resolve({"a": [{"Fn::Cidr": []}]}, Stack())


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: (
        st.lists(children) | st.dictionaries(st.sampled_from(["a", "b", "c"]), children)
    ),
)


@given(plain_values)
def test_a_node_without_functions_stays_as_it_is(node: Any) -> None:
    assert resolve(node, Stack()) == node
    assert list(references(node)) == []


def test_references_are_found_wherever_they_stand() -> None:
    node = {
        "a": [{"Ref": "One"}, {"Fn::GetAtt": ["Two", "Arn"]}],
        "b": {"Fn::Sub": ["${Three}${Four.Arn}${x}${!Not}", {"x": {"Ref": "Five"}}]},
        "c": {"Fn::If": ["Yes", {"Ref": "Six"}, 1]},
    }
    assert set(references(node)) == {"One", "Two", "Three", "Four", "Five", "Six"}
