"""frictionless-py as a second opinion on contracts, and on which rows are bad and why.

Named differences: frictionless takes exponents and `NaN` as numbers (kept out of the generated
faults), and tells an absent key twice. `SLUICE_AGREEMENT_ROWS=100000` compares more rows.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from frictionless import Resource, system

from pipeline.contracts.contract import Contract
from sluice.files.checks import check, subjects
from sluice.files.engines import with_duckdb

ROWS = int(os.environ.get("SLUICE_AGREEMENT_ROWS", "3000"))
FAULT_RATE = 0.01

CONTRACT: dict[str, Any] = {
    "name": "orders",
    "schema": {
        "fields": [
            {"name": "id", "type": "string", "constraints": {"required": True}},
            {"name": "code", "type": "string", "constraints": {"pattern": "[A-Z]{2}[0-9]{3}"}},
            {"name": "size", "type": "string", "constraints": {"enum": ["S", "M", "L"]}},
            {"name": "note", "type": "string", "constraints": {"minLength": 2, "maxLength": 9}},
            {"name": "n", "type": "integer", "constraints": {"minimum": 1, "maximum": 99}},
            {"name": "x", "type": "number", "constraints": {"minimum": 0}},
            {"name": "day", "type": "date", "constraints": {"maximum": "2024-12-31"}},
            {"name": "ok", "type": "boolean"},
            {"name": "slot", "type": "string", "constraints": {"unique": True}},
        ],
        "primaryKey": "id",
    },
    "sluice": {"table": "OrdersTable"},
}

Cells = dict[str, str]
FAULTS: list[tuple[str, Callable[[Cells], Cells]]] = [
    ("required", lambda row: row | {"id": ""}),
    ("pattern", lambda row: row | {"code": "ab1"}),
    ("enum", lambda row: row | {"size": "XL"}),
    ("minLength", lambda row: row | {"note": "é"}),
    ("maxLength", lambda row: row | {"note": "0123456789"}),
    ("type", lambda row: row | {"n": "1.5"}),
    ("minimum", lambda row: row | {"n": "0"}),
    ("maximum", lambda row: row | {"n": "100"}),
    ("type", lambda row: row | {"x": "1,5"}),
    ("minimum", lambda row: row | {"x": "-0.01"}),
    ("type", lambda row: row | {"day": "2023-02-29"}),
    ("maximum", lambda row: row | {"day": "2025-01-01"}),
    ("type", lambda row: row | {"ok": "maybe"}),
    ("unique", lambda row: row | {"slot": "slot-0"}),
    ("primaryKey", lambda row: row | {"id": "id-0"}),
    ("structure", lambda row: {name: row[name] for name in list(row)[:-1]}),
    ("structure", lambda row: row | {"surplus": "1"}),
]

THEIR_NAMES = {
    "type-error": "type",
    "primary-key": "primaryKey",
    "missing-cell": "structure",
    "extra-cell": "structure",
}


def sound(number: int) -> Cells:
    return {
        "id": f"id-{number}", "code": f"AB{number % 1000:03d}", "size": "SML"[number % 3],
        "note": "" if number % 7 == 0 else 'né, "x"', "n": str(1 + number % 99),
        "x": f"{number}.{number % 100:02d}", "day": f"2024-{1 + number % 12:02d}-28",
        "ok": "true" if number % 2 else "false", "slot": f"slot-{number}",
    }  # fmt: skip


def rows() -> Iterator[Cells]:
    chance = random.Random(5)  # noqa: S311 - test data
    yield sound(0)
    for number in range(1, ROWS):
        row = sound(number)
        for _, fault in FAULTS:
            if chance.random() < FAULT_RATE:
                row = fault(sound(number))
        yield row


def cell(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if set(text) & set(',"') else text


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("agreement") / "orders.csv"
    lines = [",".join(map(cell, row.values())) for row in rows()]
    path.write_text("\n".join([",".join(sound(0)), *lines]) + "\n", encoding="utf-8")
    return path


def ours(file: Path, folder: Path) -> dict[int, set[str]]:
    [finding] = check(
        subjects([file], folder / "out"), Contract.parse(CONTRACT), with_duckdb, folder / "work"
    )
    lines = (finding.subject.folder / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    rejected = [json.loads(line) for line in lines]
    return {row["line"]: {error["rule"] for error in row["errors"]} for row in rejected}


def theirs(file: Path) -> dict[int, set[str]]:
    descriptor = {**CONTRACT, "path": file.name}
    with system.use_context(trusted=True):
        resource = Resource.from_descriptor(descriptor, basepath=str(file.parent))
        report = resource.validate(limit_errors=10 * ROWS)
    found: dict[int, set[str]] = {}
    for error in report.tasks[0].errors:
        told = error.to_descriptor()
        rule = THEIR_NAMES.get(told["type"]) or _constraint(told["note"])
        found.setdefault(told["rowNumber"], set()).add(rule)
    return {line: _without_echo(rules) for line, rules in found.items()}


def _without_echo(rules: set[str]) -> set[str]:
    """Drop the key's error where the key is absent: frictionless tells both."""
    return rules - {"primaryKey"} if "required" in rules else rules


def _constraint(note: str) -> str:
    """Return the constraint that a note names: `constraint "minimum" is "1"`."""
    return note.split('"')[1] if '"' in note else "unique"


@pytest.mark.filterwarnings("ignore")
def test_the_same_rows_are_bad_for_the_same_reasons(file: Path, tmp_path: Path) -> None:
    mine, second = ours(file, tmp_path), theirs(file)
    different = {
        line: (mine.get(line), second.get(line))
        for line in mine.keys() | second.keys()
        if mine.get(line) != second.get(line)
    }
    assert not different
    assert len(mine) > ROWS * FAULT_RATE


@pytest.mark.filterwarnings("ignore")
def test_deployed_contracts_are_valid_data_resources() -> None:
    for path in Path("functions/contracts").glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        with system.use_context(trusted=True):
            resource = Resource.from_descriptor({**document, "path": "x.csv"})
        assert resource.schema.field_names == list(Contract.parse(document).field_names)
