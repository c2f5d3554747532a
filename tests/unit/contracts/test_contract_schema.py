"""The JSON Schema for editors and the parser know the same members."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pipeline.contracts import constraints as constraint_parser
from pipeline.contracts import contract as parser
from pipeline.contracts import dialect as dialect_parser
from pipeline.contracts import field as field_parser
from pipeline.contracts.contract import Contract
from pipeline.errors import ContractError

ROOT = Path(__file__).parents[3]
CONTRACTS = ROOT / "functions" / "contracts"
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/reference/contract.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
ADDRESSES: dict[str, Any] = json.loads((CONTRACTS / "addresses.json").read_text())


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*.json")), ids=str)
def test_every_contract_keeps_it(path: Path) -> None:
    VALIDATOR.validate(json.loads(path.read_text()))


@pytest.mark.parametrize(
    ("section", "members"),
    [
        pytest.param(SCHEMA, parser._RESOURCE_MEMBERS, id="resource"),
        pytest.param(SCHEMA["properties"]["schema"], parser._SCHEMA_MEMBERS, id="schema"),
        pytest.param(SCHEMA["$defs"]["dialect"], dialect_parser.MEMBERS, id="dialect"),
        pytest.param(SCHEMA["properties"]["sluice"], parser._SLUICE_MEMBERS, id="sluice"),
        pytest.param(SCHEMA["$defs"]["field"], field_parser.ALL_MEMBERS, id="field"),
        pytest.param(
            SCHEMA["$defs"]["field"]["properties"]["constraints"],
            constraint_parser._CONSTRAINTS,
            id="constraints",
        ),
    ],
)
def test_both_know_the_same_members(section: dict[str, Any], members: Iterable[str]) -> None:
    assert set(section["properties"]) == set(members)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"name": "Big Name"}, id="a name with capitals"),
        pytest.param({"colour": "red"}, id="an unknown member"),
        pytest.param({"dialect": {"quoteChar": "xy"}}, id="a quote"),
        pytest.param({"schema": {"fields": [], "primaryKey": "id"}}, id="no fields"),
        pytest.param({"sluice": {"table": "T", "write_mode": "older"}}, id="a mode"),
    ],
)
def test_what_the_schema_refuses_the_parser_refuses_too(change: dict[str, Any]) -> None:
    document = ADDRESSES | change
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(ContractError):
        Contract.parse(document)
