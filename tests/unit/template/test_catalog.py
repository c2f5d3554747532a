"""The published tables of the template are what the contracts say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse

from pipeline.contracts.contract import Contract
from pipeline.contracts.contract_shelf import load_contract
from sluice.template.catalog import columns_of, declaration, logical_id
from sluice.template.published_tables import with_published, without_published
from sluice.terminal.exits import OperatorError

ROOT = Path(__file__).parents[3]
TEMPLATE = (ROOT / "template.yaml").read_text()
CONTRACTS = sorted((ROOT / "functions" / "contracts").glob("*.json"))


def contract(*fields: dict[str, Any], name: str = "orders") -> Contract:
    document = json.loads(CONTRACTS[0].read_text())
    schema = {"fields": [{"name": "id"}, *fields], "primaryKey": "id"}
    return Contract.parse({**document, "name": name, "schema": schema})


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_the_template_declares_each_dataset_as_its_contract_does(path: Path) -> None:
    """If not: `sluice dataset sync NAME`."""
    assert declaration(load_contract(path)) in TEMPLATE


def test_the_template_publishes_no_dataset_without_a_contract() -> None:
    resources = yaml_parse(TEMPLATE)["Resources"]
    tables = {n for n, r in resources.items() if r["Type"] == "AWS::Glue::Table"}
    assert tables == {logical_id(path.stem) for path in CONTRACTS}


@pytest.mark.parametrize(
    ("field", "column"),
    [
        pytest.param({"name": "a"}, ("a", "string"), id="a text"),
        pytest.param({"name": "a", "type": "integer"}, ("a", "bigint"), id="18 digits"),
        pytest.param({"name": "a", "type": "number"}, ("a", "decimal(29,9)"), id="exact"),
        pytest.param({"name": "a", "type": "date"}, ("a", "date"), id="an ISO date"),
        pytest.param(
            {"name": "a", "type": "date", "format": "%d.%m.%Y"}, ("a", "string"), id="no ISO date"
        ),
        pytest.param({"name": "a", "type": "datetime"}, ("a", "string"), id="as in the file"),
        pytest.param({"name": "Größe (cm)"}, ("gr__e__cm_", "string"), id="what Athena takes"),
        pytest.param({"name": "dropped_on"}, ("dropped_on_2", "string"), id="a name that is taken"),
    ],
)
def test_a_field_becomes_a_column(field: dict[str, Any], column: tuple[str, str]) -> None:
    _, found, origin = columns_of(contract(field))
    assert (found.name, found.type, found.member) == (*column, field["name"])
    assert (origin.name, origin.type) == ("_sluice", "struct<version:string,run_id:string>")


def test_fields_that_look_alike_keep_columns_of_their_own() -> None:
    names = [c.name for c in columns_of(contract({"name": "a b"}, {"name": "a_b"}))]
    assert names == ["id", "a_b", "a_b_2", "_sluice"]


@pytest.mark.parametrize("name", ["yes", "a: b", "1", 'say "x"', "x, y"])
def test_a_declaration_is_yaml_whatever_fields_are_called(name: str) -> None:
    declared = yaml.load(declaration(contract({"name": name})), _Tagged)  # noqa: S506
    serde = declared["OrdersPublished"]["Properties"]["TableInput"]["StorageDescriptor"]
    [column] = [c["Name"] for c in serde["Columns"]][1:-1]
    mapped = serde["SerdeInfo"].get("Parameters", {})
    assert mapped.get(f"mapping.{column}", column) == name


def test_what_is_added_and_removed_leaves_no_trace() -> None:
    more = with_published(TEMPLATE, contract())
    assert "OrdersPublished" in yaml_parse(more)["Resources"]
    assert without_published(more, "orders") == TEMPLATE
    assert without_published(TEMPLATE, "orders") == TEMPLATE


def test_a_changed_contract_changes_its_table_alone() -> None:
    once = with_published(TEMPLATE, contract())
    wider = with_published(once, contract({"name": "more"}))
    added = set(wider.splitlines()) - set(once.splitlines())
    assert added == {"            - { Name: more, Type: string }"}
    assert with_published(wider, contract()) == once


def test_a_name_that_the_template_has_is_refused() -> None:
    taken = TEMPLATE.replace("  CustomersTable:", "  OrdersPublished:", 1)
    with pytest.raises(OperatorError, match="OrdersPublished already"):
        with_published(taken, contract())


class _Tagged(yaml.SafeLoader):
    """Reads the template's short forms as plain values."""


_Tagged.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))
