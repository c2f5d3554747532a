"""Repeated keys in many splits, by many threads: the right row loses, and no other one.

`make proof` repeats it a hundred times. The files are small and the splits tiny, so that they
exercise what gigabytes do.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from pipeline.contracts.contract import Contract
from tests.unit.conversion.reference_conversion import (
    convert_by_definition,
    converted,
    manifest_for,
    records_of,
)

RUNS = int(os.environ.get("RUNS", "1"))
ROWS = 150


def contract(values: int, policy: str) -> Contract:
    """A contract whose lists DuckDB would join by hashes if they stood behind `IN`."""
    return Contract.parse(
        {
            "name": "things",
            "schema": {
                "fields": [
                    {"name": "id", "type": "number"},
                    {"name": "mail", "constraints": {"unique": True}},
                    {"name": "kind", "constraints": {"enum": [f"k{n}" for n in range(values)]}},
                    {"name": "v"},
                ],
                "primaryKey": ["id"],
                "missingValues": ["", *(f"na{n}" for n in range(9))],
            },
            "sluice": {"table": "T", "on_duplicate_key": policy},
        }
    )


def text(chance: random.Random, values: int) -> str:
    """Rows of which some repeat a key or a mail address, in other spellings too."""
    rows = []
    for number in range(ROWS):
        key = chance.choice([str(number), str(number), f"{number}.0", "7", "+07.00", "x"])
        mail = chance.choice(["", "na3", f"m{number}", f"m{number}", "m1"])
        rows.append(f"{key},{mail},k{chance.randrange(values + 1)},{'x' * chance.randrange(40)}\n")
    return "id,mail,kind,v\n" + "".join(rows)


@pytest.mark.parametrize("threads", [2, 4, 8])
@pytest.mark.parametrize("policy", ["reject", "first", "last"])
@pytest.mark.parametrize("values", [5, 50])
@pytest.mark.parametrize("run", range(RUNS))
def test_the_right_rows_lose(
    tmp_path: Path, values: int, policy: str, threads: int, run: int
) -> None:
    chance = random.Random(f"{values} {policy} {threads} {run}")  # noqa: S311 - no secret
    content = text(chance, values)
    path = tmp_path / "a.csv"
    path.write_text(content)
    manifest = manifest_for(contract(values, policy), [path], split_bytes=400)
    valid, rejected = convert_by_definition(manifest, 0, records_of(content, '"'))
    found = converted(manifest, threads=threads, hashes_per_bucket=chance.choice([40, 10**6]))
    assert len(manifest["files"][0]["splits"]) > 3
    assert found.valid == "".join(row + "\n" for row in valid)
    assert found.rejected == rejected
