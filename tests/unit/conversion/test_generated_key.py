"""Rows without a key of their own: the same key for the same row, or one for each record."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.contracts.contract import Contract
from pipeline.contracts.field import GENERATED_KEY
from pipeline.errors import ContractError
from tests.unit.conversion.reference_conversion import converted, manifest_for

FIELDS = [{"name": "a"}, {"name": "n", "type": "number"}]
TEXT = 'a,n\nx,1.50\n"y ""q""",2\nx,1.5\n\n,\nbad\n'


def contract_of(choice: str, **schema: Any) -> Contract:
    return Contract.parse(
        {
            "name": "things",
            "schema": {"fields": FIELDS, **schema},
            "sluice": {"table": "T", "generated_key": choice},
        }
    )


def rows_of(choice: str, path: Path, split_bytes: int) -> list[dict[str, Any]]:
    path.write_text(TEXT)
    found = converted(manifest_for(contract_of(choice), [path], split_bytes=split_bytes))
    assert [row["line"] for row in found.rejected] == [7]
    return [json.loads(line) for line in found.valid.splitlines()]


@pytest.mark.parametrize("split_bytes", [1, 1 << 20])
def test_equal_rows_have_equal_digests(tmp_path: Path, split_bytes: int) -> None:
    rows = rows_of("content", tmp_path / "a.csv", split_bytes)
    keys = [row.pop(GENERATED_KEY) for row in rows]
    assert rows == [{"a": "x", "n": 1.5}, {"a": 'y "q"', "n": 2}, {"a": "x", "n": 1.5}, {}]
    assert keys[0] == keys[2] == hashlib.sha256(b'{"a":"x","n":1.5}\n').hexdigest()
    assert len(set(keys)) == 3


@pytest.mark.parametrize("split_bytes", [1, 1 << 20])
def test_positions_tell_the_version_and_the_record(tmp_path: Path, split_bytes: int) -> None:
    rows = rows_of("position", tmp_path / "a.csv", split_bytes)
    assert [row[GENERATED_KEY] for row in rows] == [f"s#{n:010}" for n in (1, 2, 3, 4)]


def test_a_key_is_either_made_or_read() -> None:
    assert contract_of("content").key_types == {GENERATED_KEY: "string"}
    with pytest.raises(ContractError, match=r"sluice\.generated_key"):
        contract_of("content", primaryKey="a")
    with pytest.raises(ContractError, match=r"schema\.fields"):
        contract_of("content", fields=[{"name": GENERATED_KEY}])
