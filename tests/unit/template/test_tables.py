from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from sluice.template.tables import (
    Attribute,
    dataset_tables,
    with_table,
    without_table,
)
from sluice.terminal.exits import OperatorError

TEMPLATE = (Path(__file__).parents[3] / "template.yaml").read_text()
KEY = [Attribute(name="number", kind="N"), Attribute(name="on", kind="S")]


def test_a_new_table_stands_wherever_the_others_stand() -> None:
    more = with_table(TEMPLATE, "InvoicesTable", KEY)
    assert dataset_tables(more) == [*dataset_tables(TEMPLATE), "InvoicesTable"]
    model = dataset_tables(TEMPLATE)[-1]
    declared = len([*_names(yaml_parse(TEMPLATE), model)])
    assert len([*_names(yaml_parse(more), "InvoicesTable")]) == declared > 3


def test_a_new_table_has_its_own_key_and_all_else_of_its_model() -> None:
    resources = yaml_parse(with_table(TEMPLATE, "InvoicesTable", KEY))["Resources"]
    table, model = resources["InvoicesTable"], resources[dataset_tables(TEMPLATE)[-1]]
    assert table["Properties"] == {
        **model["Properties"],
        "AttributeDefinitions": [
            {"AttributeName": "number", "AttributeType": "N"},
            {"AttributeName": "on", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "number", "KeyType": "HASH"},
            {"AttributeName": "on", "KeyType": "RANGE"},
        ],
    }
    assert {**table, "Properties": 0} == {**model, "Properties": 0}


def test_only_lines_that_name_the_table_differ() -> None:
    before, after = TEMPLATE.splitlines(), with_table(TEMPLATE, "InvoicesTable", KEY).splitlines()
    left = [line for line in before if line not in set(after)]
    assert all(dataset_tables(TEMPLATE)[-1] in line for line in left)


@pytest.mark.parametrize("key", [KEY, KEY[:1]])
def test_removing_what_was_added_restores_every_byte(key: list[Attribute]) -> None:
    once = with_table(TEMPLATE, "InvoicesTable", key)
    twice = with_table(once, "OrdersTable", key)
    assert without_table(twice, "OrdersTable") == once
    assert without_table(once, "InvoicesTable") == TEMPLATE


def test_the_first_table_can_go_as_well() -> None:
    first, *others = dataset_tables(TEMPLATE)
    rest = without_table(TEMPLATE, first)
    assert dataset_tables(rest) == others
    assert not [*_names(yaml_parse(rest), first)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(lambda t: with_table(t, "ControlTable", KEY), "already", id="a name taken"),
        pytest.param(lambda t: without_table(t, "ControlTable"), "lists no", id="not a dataset's"),
        pytest.param(
            lambda t: without_table(without_table(t, "AddressesTable"), "CustomersTable"),
            "the only table",
            id="the last one",
        ),
        pytest.param(lambda _: dataset_tables("Resources: {}"), "Outputs", id="no outputs"),
        pytest.param(lambda _: dataset_tables("a: [1"), "no YAML", id="no YAML"),
    ],
)
def test_what_cannot_be_done_is_said(change, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(OperatorError, match=says):
        change(TEMPLATE)


def _names(value: object, name: str):  # type: ignore[no-untyped-def]
    """Every place in a parsed template that names a resource."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield key
            yield from _names(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner, name)
    elif isinstance(value, str) and name in value:
        yield value
