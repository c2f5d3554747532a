"""Items are projected as moto projects them, without what that costs."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from localcloud.corrections.projections import pick_attributes

pick_attributes()

LEAVES = st.one_of(
    st.text(max_size=3).map(lambda text: {"S": text}),
    st.integers(-99, 99).map(lambda number: {"N": str(number)}),
    st.booleans().map(lambda truth: {"BOOL": truth}),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda items: {"L": items})
        | st.dictionaries(st.sampled_from("xy"), inner, max_size=2).map(lambda m: {"M": m})
    ),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from("abcd"), VALUES), st.sets(st.sampled_from("abce")))
def test_names_are_picked_as_moto_does(attributes: dict[str, Any], names: set[str]) -> None:
    item: Any = Item(DynamoType({"S": "k"}), None, attributes)
    moto: Any = vars(Item.project)["__wrapped__"]
    paths = [[name] for name in sorted(names)]
    assert item.project(paths).to_json() == moto(item, paths).to_json()


def test_places_within_an_attribute_are_left_to_moto() -> None:
    item: Any = Item(DynamoType({"S": "k"}), None, {"a": {"M": {"b": {"S": "x"}, "c": {"N": "1"}}}})
    assert item.project([["a", "b"]]).to_json()["Attributes"] == {"a": {"M": {"b": {"S": "x"}}}}
