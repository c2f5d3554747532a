"""Each refusal says where, what, and what to do; and names the member that would lift it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.contracts.contract import Contract
from pipeline.contracts.rules import compile_rules
from pipeline.text.row_judge import RowJudge
from sluice.files.checks import check, subjects
from tests.bad_inputs import catalogue, declared
from tests.bad_inputs.catalogue import Case

CONTRACTS = catalogue.CONTRACTS | declared.CONTRACTS
REFUSED = [case for case in [*catalogue.CASES, *declared.CASES] if case.refused]

LIFTED_BY = {
    "backslash_escape": "escapeChar",
    "blank_first_line": "headerRows",
    "column_order": "fieldsMatch",
    "crlf": "lineTerminator",
    "delimiter": "dialect.delimiter",
    "encoding": "encoding",
    "empty_column_name": "fieldsMatch",
    "footer": "footer_rows",
    "header_quotes": "quoteChar",
    "line_feed": "lineTerminator",
    "nul_bytes": "encoding",
    "preamble": "commentChar",
    "unexpected_column": "fieldsMatch",
    "utf16": "encoding",
}
"""By code, the member of a contract under which the file would be read."""

PLACES = r"line \d+|columns? \d|'.+'|the file|the header|lines end|name|bytes|data|columns are"
ADVICE = (
    r"\b(?:declare|save|remove|rename|add|drop|compress|mend|correct|quote|write|must|needed)\b"
    r"|cut off\?"
)


def message_of(case: Case, folder: Path) -> str:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a refused file is not converted")

    path = folder / case.name
    path.write_bytes(case.body)
    contract = Contract.parse(CONTRACTS[case.contract])
    [finding] = check(subjects([path], folder / "out"), contract, never, folder / "work")
    reason = finding.report["reason"]
    assert reason["code"] == case.refused
    return str(reason["message"])


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in REFUSED])
def test_a_refusal_says_where_what_and_what_to_do(case: Case, tmp_path: Path) -> None:
    message = message_of(case, tmp_path)
    assert re.search(PLACES, message), message
    assert re.search(ADVICE, message), message
    at_the_end = "unexpected end" in message  # a text that was cut off is of no other encoding
    if case.refused in LIFTED_BY and not at_the_end:
        assert LIFTED_BY[case.refused] in message
    assert not message.endswith(".")


@pytest.mark.parametrize(
    ("raw", "member"),
    [
        pytest.param("1,a,b,,", "long_rows", id="surplus empty cells"),
        pytest.param(",,,", "empty_rows", id="nothing but delimiters"),
        pytest.param("1,a", "short_rows", id="cells are missing"),
        pytest.param("1,a,b,c", None, id="a surplus value is never left out"),
    ],
)
def test_a_row_of_another_width_names_what_would_take_it(raw: str, member: str | None) -> None:
    rules = compile_rules(Contract.parse(CONTRACTS["plain"]))
    [error] = RowJudge(rules, ["id", "name", "note"], re.compile).judge(raw).errors
    named = {name for name in ("long_rows", "short_rows", "empty_rows") if name in error["message"]}
    assert named == ({member} if member else set())


def test_a_row_that_lacks_a_required_cell_names_nothing_that_would_not_take_it() -> None:
    document = json.loads(json.dumps(CONTRACTS["plain"]))
    document["schema"]["fields"][-1]["constraints"] = {"required": True}
    rules = compile_rules(Contract.parse(document))
    [error] = RowJudge(rules, ["id", "name", "note"], re.compile).judge("1,a").errors
    assert "short_rows" not in error["message"]


def test_rules_of_an_older_version_word_their_errors_as_they_did() -> None:
    rules = compile_rules(Contract.parse(CONTRACTS["plain"]))
    for new in ("structure_short", "lift"):
        del rules["row_messages"][new]
    [error] = RowJudge(rules, ["id", "name", "note"], re.compile).judge("1,a").errors
    assert error["message"] == "the row has 2 fields where the header has 3"


@pytest.mark.parametrize(
    ("field", "cell", "members"),
    [
        ({"type": "number"}, "-1,5", "decimalChar"),
        ({"type": "number"}, "1,234", "decimalChar or groupChar"),
        ({"type": "number"}, "1.234,50 €", "bareNumber and decimalChar and groupChar"),
        ({"type": "number", "decimalChar": ","}, "1.5", "decimalChar"),
        ({"type": "number"}, "1e5", "exponent"),
        ({"type": "number"}, "SKU123", ""),
        ({"type": "number"}, "1" * 30, ""),
        ({"type": "integer"}, "1'234'567", "groupChar"),
        ({"type": "integer"}, "12 %", "bareNumber"),
        ({"type": "integer"}, "1.234", ""),
        ({"type": "integer"}, "n/a", ""),
        ({"type": "boolean"}, "Ja", "trueValues and falseValues"),
        ({"type": "boolean"}, "maybe", ""),
        ({"type": "date"}, "01.02.2024", "format"),
        ({"type": "date"}, "1-Feb-2024", "format"),
        ({"type": "date"}, "2024-02-30", ""),
        ({"type": "date", "format": "%d/%m/%Y"}, "2024-02-03", "format"),
        ({"type": "datetime"}, "2024-02-03 01:02:03", "format"),
        ({"type": "datetime"}, "2024-02-03", ""),
        ({"type": "time"}, "1:02 PM", "format"),
        ({"type": "year"}, "24", ""),
    ],
)
def test_a_cell_of_another_form_names_what_would_take_it(
    field: dict[str, str], cell: str, members: str
) -> None:
    document = {
        "name": "things",
        "schema": {"fields": [{"name": "id"}, {"name": "x", **field}], "primaryKey": "id"},
        "dialect": {"delimiter": ";"},
        "sluice": {"table": "T"},
    }
    rules = compile_rules(Contract.parse(document))
    [error] = RowJudge(rules, ["id", "x"], re.compile).judge(f"1;{cell}").errors
    assert error["rule"] == "type"
    told = f"if it is meant so, declare {members} of the field in the contract"
    assert error["message"].endswith(told) is bool(members)
    assert ("if it is meant so" in error["message"]) is bool(members)
    assert cell not in error["message"]
