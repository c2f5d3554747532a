"""Contracts: what is read, and what is refused with its path."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.contracts.contract import Contract
from pipeline.contracts.contract_shelf import MAX_BYTES, load_contract
from pipeline.contracts.limits import Threshold
from pipeline.contracts.rules import compile_rules
from pipeline.errors import ContractError

CONTRACTS = Path("functions/contracts")
BASE: dict[str, Any] = {
    "name": "things",
    "schema": {
        "fields": [
            {"name": "id"},
            {"name": "n", "type": "integer"},
            {"name": "b", "type": "boolean"},
        ],
        "primaryKey": "id",
    },
    "sluice": {"table": "T"},
}  # fmt: skip

ROLE = "arn:aws:iam::123456789012:role/Ops"


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the base with one member set; `path` is like `schema.fields.0.type`."""
    doc = copy.deepcopy(BASE)
    at: Any = doc
    *parents, last = path.split(".")
    for name in parents:
        at = at[int(name)] if isinstance(at, list) else at.setdefault(name, {})
    at[int(last) if isinstance(at, list) else last] = value
    return doc


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*.json")), ids=lambda path: path.stem)
def test_deployed_contracts_can_be_honoured(path: Path) -> None:
    contract = Contract.parse(json.loads(path.read_text()))
    assert contract.dataset == path.stem
    assert json.loads(json.dumps(compile_rules(contract))) == compile_rules(contract)


def test_defaults_are_strict() -> None:
    contract = Contract.parse(BASE)
    assert contract.write_mode == "newer-wins"
    assert contract.on_duplicate_key == "reject"
    assert contract.fields_match == "equal"
    assert contract.dialect.is_canonical
    assert contract.missing_values == ("",)
    assert contract.quality.ask.above == Threshold(rows=0, ratio=None)
    assert not contract.quality.refuse.above.is_exceeded(10, 10)


def test_the_version_is_that_of_the_content_not_of_its_spelling() -> None:
    again = json.loads(json.dumps(BASE, indent=4, sort_keys=True))
    assert Contract.parse(BASE).version == Contract.parse(again).version
    assert Contract.parse(BASE).version != Contract.parse(changed("title", "x")).version


def test_both_spellings_of_a_dialect_are_read() -> None:
    flat = Contract.parse(changed("dialect", {"delimiter": ";"}))
    nested = Contract.parse(changed("dialect", {"csv": {"delimiter": ";"}}))
    assert flat.dialect == nested.dialect


@pytest.mark.parametrize(
    ("path", "value", "blamed"),
    [
        pytest.param("name", "Things", "name", id="capital letters in the name"),
        pytest.param("name", "unassigned", "name", id="the name of no dataset"),
        pytest.param("encoding", "latin-99", "encoding", id="an unknown encoding"),
        pytest.param("encoding", "base64", "encoding", id="a codec of bytes"),
        pytest.param("encoding", "idna", "encoding", id="a codec of host names"),
        pytest.param("dialct", {}, "dialct", id="a misspelt member"),
        pytest.param("dialect", {"delimiter": "x" * 9}, "dialect.delimiter", id="a long delimiter"),
        pytest.param("dialect", {"delimiter": '"'}, "dialect.delimiter", id="delimiter is quote"),
        pytest.param("dialect", {"header": False, "headerRows": [1]}, "dialect.headerRows",
                     id="rows of no header"),
        pytest.param("dialect", {"headerRows": [2, 1]}, "dialect.headerRows", id="rows backwards"),
        pytest.param("dialect", {"headerRows": [0]}, "dialect.headerRows", id="row zero"),
        pytest.param("dialect", {"escapeChar": "ab"}, "dialect.escapeChar", id="a long escape"),
        pytest.param("dialect", {"escapeChar": '"'}, "dialect.quoteChar", id="escape is quote"),
        pytest.param("dialect", {"lineTerminator": ";"}, "dialect.lineTerminator", id="line end"),
        pytest.param("dialect", {"nullSequence": "x"}, "dialect.nullSequence", id="null sequence"),
        pytest.param("sluice.footer_rows", "(?=x)", "sluice.footer_rows", id="a footer's pattern"),
        pytest.param("sluice.short_rows", "pad", "sluice.short_rows", id="short rows"),
        pytest.param("sluice.header_ignores", ["size"], "sluice.header_ignores", id="ignores"),
        pytest.param("schema.fieldsMatch", "most", "schema.fieldsMatch", id="a way to match"),
        pytest.param("schema.fields", [], "schema.fields", id="no fields"),
        pytest.param("schema.primaryKey", "x", "schema.primaryKey", id="an unknown key"),
        pytest.param("schema.primaryKey", "b", "schema.primaryKey", id="a boolean key"),
        pytest.param("schema.primaryKey", [], "schema.primaryKey", id="an empty key"),
        pytest.param("schema.foreignKeys", [], "schema.foreignKeys", id="foreign keys"),
        pytest.param("schema.fields.0.name", "N", "schema.fields[1].name", id="names by case"),
        pytest.param("schema.fields.0.name", "_sluice", "schema.fields[0].name", id="our name"),
        pytest.param("schema.fields.0.name", " id", "schema.fields[0].name", id="a padded name"),
        pytest.param("schema.fields.0.type", "geo", "schema.fields[0].type", id="a type"),
        pytest.param("schema.fields.0.groupChar", ",", "schema.fields[0].groupChar", id="groups"),
        pytest.param("schema.fields.1.groupChar", "1", "schema.fields[1].groupChar", id="a digit"),
        pytest.param("schema.fields.1.exponent", True, "schema.fields[1].exponent", id="exponent"),
        pytest.param("sluice.leading_zeros", "lose", "sluice.leading_zeros", id="zeros"),
        pytest.param("schema.fields.1.format", "x", "schema.fields[1].format", id="a format"),
        pytest.param(
            "schema.fields.1.constraints", {"pattern": "1"}, "schema.fields[1].constraints.pattern",
            id="a pattern on a number",
        ),
        pytest.param(
            "schema.fields.1.constraints", {"minimum": "a"}, "schema.fields[1].constraints.minimum",
            id="a limit of another type",
        ),
        pytest.param(
            "schema.fields.0.constraints", {"patern": "1"}, "schema.fields[0].constraints.patern",
            id="a misspelt constraint",
        ),
        pytest.param(
            "schema.fields.0.constraints", {"pattern": "(?=a)"},
            "schema.fields[0].constraints.pattern", id="look-around",
        ),
        pytest.param("sluice.write_mode", "fast", "sluice.write_mode", id="a write mode"),
        pytest.param(
            "sluice.quality", {"ask_below": {"ratio": 1}}, "sluice.quality.ask_below.ratio",
            id="a share of too few",
        ),
        pytest.param(
            "sluice.quality", {"compare_runs": 2}, "sluice.quality.compare_runs", id="two runs",
        ),
        pytest.param(
            "sluice.quality", {"ask_beyond": {"volume": -1}}, "sluice.quality.ask_beyond.volume",
            id="a negative change",
        ),
        pytest.param(
            "sluice.quality", {"ask_above": {"ratio": 2}}, "sluice.quality.ask_above.ratio",
            id="a ratio above one",
        ),
        pytest.param(
            "sluice.approval", {"approvers": [ROLE, ROLE.replace("/", "/path/")], "required": 2},
            "sluice.approval.required", id="more approvals than approvers",
        ),
        pytest.param(
            "sluice.approval", {"approvers": [ROLE, "Ada"]}, "sluice.approval.approvers[1]",
            id="an approver by name",
        ),
        pytest.param(
            "sluice.approval", {"approvers": ["arn:aws:sts::123456789012:assumed-role/Ops/ada"]},
            "sluice.approval.approvers[0]", id="an approver by the name of a session",
        ),
        pytest.param(
            "sluice.approval", {"timeout_seconds": 0}, "sluice.approval.timeout_seconds",
            id="no time to approve",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_honoured_is_refused_with_its_path(
    path: str, value: Any, blamed: str
) -> None:
    with pytest.raises(ContractError) as refusal:
        Contract.parse(changed(path, value))
    assert refusal.value.path == blamed


def test_extra_columns_is_an_older_name() -> None:
    ignored = Contract.parse(changed("sluice.extra_columns", "ignore"))
    assert ignored.fields_match == "subset"
    both = changed("sluice.extra_columns", "ignore")
    both["schema"]["fieldsMatch"] = ["equal"]
    with pytest.raises(ContractError, match=r"schema\.fieldsMatch"):
        Contract.parse(both)


@pytest.mark.parametrize("document", [[], "x", None, {}, {"name": "a"}])
def test_anything_else_is_refused(document: object) -> None:
    with pytest.raises(ContractError):
        Contract.parse(document)


def test_dates_have_limits_only_where_text_sorts_as_they_do() -> None:
    day = {"name": "d", "type": "date", "constraints": {"minimum": "2024-01-01"}}
    assert Contract.parse(changed("schema.fields.1", day)).fields[1].compare == "text"
    with pytest.raises(ContractError):
        Contract.parse(changed("schema.fields.1", {**day, "format": "%d.%m.%Y"}))


def test_a_key_by_itself_needs_no_rule_of_uniqueness() -> None:
    doc = changed("schema.fields.0.constraints", {"unique": True})
    assert not compile_rules(Contract.parse(doc))["fields"][0]["unique"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param('{"name":' * 100_000, "nests too deeply", id="deep text"),
        pytest.param("[" * 40 + "]" * 40, "nests more than", id="deep document"),
        pytest.param(json.dumps(BASE) + " " * MAX_BYTES, "larger than", id="large"),
        pytest.param("{", "not JSON", id="no JSON"),
    ],
)
def test_a_contract_beyond_bounds_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "things.json"
    file.write_text(text)
    with pytest.raises(ContractError, match=reason):
        load_contract(file)


def test_descriptions_that_nest_deeply_are_refused() -> None:
    sources: list[Any] = []
    for _ in range(10_000):
        sources = [sources]
    with pytest.raises(ContractError, match="nests"):
        Contract.parse(BASE | {"sources": sources})


def test_a_byte_order_mark_before_a_contract_is_skipped(tmp_path: Path) -> None:
    file = tmp_path / "things.json"
    file.write_text(json.dumps(BASE), encoding="utf-8-sig")
    assert load_contract(file) == Contract.parse(BASE)
