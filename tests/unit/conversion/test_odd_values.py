"""Valid values that look odd: SQL counts them as the definition does, wherever a split ends."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversion.odd_values import RULES_PER_COLUMN
from pipeline.contracts.contract import Contract
from tests.unit.conversion.reference_conversion import converted, manifest_for

NUMBERS = ["7", "007", "+5", "-3", "-03", "0", "-0", "0.5", "00.5", " 7", " 07", "x", "10", ""]
KEYS = ["a", "a ", " b", "c\u00a0", "d"]


def contract(numbers: int = 1) -> Contract:
    fields: list[dict[str, Any]] = [{"name": "k"}, {"name": "n", "type": "integer"}]
    fields += [{"name": f"x{n}", "type": "number"} for n in range(numbers)]
    schema = {"fields": fields, "primaryKey": ["k", "n"]}
    return Contract.parse({"name": "a", "schema": schema, "sluice": {"table": "T"}})


def warnings(
    what: Contract, text: str, split_bytes: int = 1 << 20
) -> dict[tuple[str, str | None], Any]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(text)
        report = converted(manifest_for(what, [path], split_bytes=split_bytes)).report
    assert report["counts"].get("warnings", 0) == sum(w["count"] for w in report["warnings"])
    return {
        (one["kind"], one["column"]): (one["count"], one["first_line"])
        for one in report["warnings"]
    }


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(NUMBERS)), max_size=12))
def test_it_agrees_with_the_definition(rows: list[tuple[str, str]]) -> None:
    numbered = [(k, str(n), x) for n, (k, x) in enumerate(rows, 1)]
    text = "k,n,x0\n" + "".join(f"{','.join(row)}\n" for row in numbered)
    valid = [(n + 1, k, x) for n, (k, _, x) in enumerate(numbered, 1) if x != "x"]
    zeros = [n for n, _, x in valid if re.match(r" *(\+|-?0[0-9])", x)]
    blanks = [n for n, k, _ in valid if k != k.strip(" ")]
    expected = {
        ("lost_zeros", "x0"): (len(zeros), min(zeros, default=0)),
        ("blanks_in_key", "k"): (len(blanks), min(blanks, default=0)),
    }
    assert warnings(contract(), text) == {what: n for what, n in expected.items() if n[0]}


def test_a_row_that_loses_to_another_warns_of_nothing() -> None:
    text = "k,n,x0\na,1,5\na,01,007\nb,2,08\n"
    assert warnings(contract(), text) == {("lost_zeros", "x0"): (1, 4)}


def test_there_may_be_more_rules_than_a_number_has_bits() -> None:
    many = RULES_PER_COLUMN + 3
    header = ",".join(["k", "n", *(f"x{n}" for n in range(many))])
    row = ",".join(["a", "1", *["01"] * many])
    found = warnings(contract(many), f"{header}\n{row}\n")
    assert found == {("lost_zeros", f"x{n}"): (1, 2) for n in range(many)}


@pytest.mark.parametrize("split_bytes", [1, 20, 1_000])
def test_splits_change_nothing(split_bytes: int) -> None:
    text = "k,n,x0\n" + "".join(f"k{n} ,{n},0{n}\n" for n in range(1, 30))
    found = warnings(contract(), text, split_bytes=split_bytes)
    assert found == {("lost_zeros", "x0"): (29, 2), ("blanks_in_key", "k"): (29, 2)}
