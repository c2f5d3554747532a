"""Files of declared dialects by the engine on splits: the size of the splits changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.contracts.contract import Contract
from tests.bad_inputs import catalogue
from tests.bad_inputs.catalogue import Case
from tests.bad_inputs.declared import CASES, CONTRACTS
from tests.unit.conversion.reference_conversion import converted, manifest_for


@pytest.mark.parametrize("split_bytes", [1, 16, 1 << 20])
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.id) for case in CASES if not case.refused]
)
def test_a_declared_file_is_delivered_exactly(case: Case, split_bytes: int, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.body)
    contract = Contract.parse((catalogue.CONTRACTS | CONTRACTS)[case.contract])
    found = converted(manifest_for(contract, [path], split_bytes=split_bytes))
    rows = [json.loads(line, parse_float=str, parse_int=str) for line in found.valid.splitlines()]
    assert rows == [{n: v if v is True else str(v) for n, v in r.items()} for r in case.valid]
    told = [(row["line"], row["errors"][0]["rule"]) for row in found.rejected]
    assert told == list(case.rejected)
