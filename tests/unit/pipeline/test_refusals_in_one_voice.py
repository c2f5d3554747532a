"""Each refusal says where, what, and what to do; and names the member that would lift it."""

from __future__ import annotations

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
        pytest.param("1,a", None, id="cells are missing: nobody knows which"),
        pytest.param("1,a,b,c", None, id="a surplus value is never left out"),
    ],
)
def test_a_row_of_another_width_names_what_would_take_it(raw: str, member: str | None) -> None:
    rules = compile_rules(Contract.parse(CONTRACTS["plain"]))
    [error] = RowJudge(rules, ["id", "name", "note"], re.compile).judge(raw).errors
    named = {name for name in ("long_rows", "short_rows", "empty_rows") if name in error["message"]}
    assert named == ({member} if member else set())
