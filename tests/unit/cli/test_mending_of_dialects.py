"""Rejected rows of every declared dialect, dropped again as they are, get the same verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.contracts.contract import Contract
from sluice.runs.mending import Sheet, mended_text
from tests.bad_inputs import catalogue, declared
from tests.bad_inputs.catalogue import Case
from tests.unit.conversion.reference_conversion import Converted, converted, manifest_for

CONTRACTS = catalogue.CONTRACTS | declared.CONTRACTS
CASES = [
    case
    for case in [*catalogue.CASES, *declared.CASES]
    if case.rejected and case.rejected[0][1] != "primaryKey"
]
"""Keys repeat within a file only: in one of their own the rejected rows are fine."""


def rules_broken(found: Converted) -> list[list[tuple[str | None, str]]]:
    return [[(e["column"], e["rule"]) for e in row["errors"]] for row in found.rejected]


def sheet_of(found: Converted, contract: Contract) -> Sheet:
    columns = found.manifest["files"][0]["columns"]
    header = [name or f"own {number}" for number, name in enumerate(columns)]
    rules: dict[str, Any] = found.manifest["rules"]
    return Sheet(rules=rules, dialect=contract.dialect, header=header, columns=columns)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_what_nobody_mended_is_rejected_again(case: Case, tmp_path: Path) -> None:
    contract = Contract.parse(CONTRACTS[case.contract])
    dropped = tmp_path / case.name
    dropped.write_bytes(case.body)
    first = converted(manifest_for(contract, [dropped]))
    sheet = tmp_path / "sheet.csv"
    lines = sheet_of(first, contract).lines(iter(first.rejected))
    sheet.write_text("".join(lines), encoding="utf-8", newline="")
    mended = tmp_path / "mended.csv"
    canonical = contract.mended
    text = mended_text(sheet, canonical.dialect.delimiter, canonical.dialect.canonical_quote)
    mended.write_text(text, encoding="utf-8", newline="")
    again = converted(manifest_for(canonical, [mended]))
    assert not again.valid
    assert rules_broken(again) == rules_broken(first)
