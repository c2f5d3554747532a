"""The catalogue through `sluice check`, with each engine: nothing may be silently wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sluice.cli import main
from tests.bad_inputs import catalogue, declared
from tests.bad_inputs.catalogue import Case

CASES = [*catalogue.CASES, *declared.CASES]
CONTRACTS = catalogue.CONTRACTS | declared.CONTRACTS

Report = Mapping[str, Any]
# Each engine judges the whole catalogue once: its cases share a process.
ENGINES = [
    pytest.param("duckdb", marks=pytest.mark.xdist_group("catalogue-duckdb")),
    pytest.param("spark", marks=[pytest.mark.spark, pytest.mark.xdist_group("catalogue-spark")]),
]


@pytest.fixture(scope="module", params=ENGINES)
def folders(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Judge the whole catalogue by one engine; return each case's folder of results."""
    root = tmp_path_factory.mktemp("catalogue")
    found = {}
    for contract, document in CONTRACTS.items():
        (root / f"{contract}.json").write_text(json.dumps(document))
        cases = [case for case in CASES if case.contract == contract]
        paths = [root / contract / str(n) / case.name for n, case in enumerate(cases)]
        for case, path in zip(cases, paths, strict=True):
            path.parent.mkdir(parents=True)
            path.write_bytes(case.body)
        command = ["check", *map(str, paths), "--contract", str(root / f"{contract}.json")]
        command += ["--out", str(root / "out" / contract), "--engine", request.param, "--json"]
        result = CliRunner().invoke(main, command, catch_exceptions=False)
        assert result.exit_code == any(case.refused for case in cases)
        listed = json.loads(result.stdout)["files"]
        assert [file["file"] for file in listed] == list(map(str, paths))
        found |= {case.id: Path(file["folder"]) for case, file in zip(cases, listed, strict=True)}
    return found


def outcome(folder: Path) -> tuple[Report, list[Any], list[Report]]:
    report = json.loads((folder / "report.json").read_text())
    if report["verdict"] == "refused":
        return report, [], []
    lines = (folder / "valid.jsonl").read_bytes().decode().split("\n")[:-1]
    rejects = (folder / "rejected.jsonl").read_bytes().decode().split("\n")[:-1]
    valid = [_row(line) for line in lines]
    return report, valid, [json.loads(line) for line in rejects]


def _row(line: str) -> Any:
    row = json.loads(line, parse_float=Decimal)
    return {n: Decimal(v) if n == "x" else v for n, v in row.items()}


def expected(case: Case) -> list[Any]:
    """Return the rows that must be delivered; values of `x` are exact decimals."""
    return [{n: Decimal(v) if n == "x" else v for n, v in row.items()} for row in case.valid]


def is_silently_wrong(case: Case, folder: Path) -> bool:
    """Tell whether a false value was delivered, or a row is gone without a word."""
    report, valid, rejects = outcome(folder)
    if report["verdict"] == "refused":
        return False
    wanted = expected(case)
    rows = len(wanted) + len(case.rejected)
    is_unknown = any(row not in wanted for row in valid)
    return bool(case.refused) or is_unknown or len(valid) + len(rejects) != rows


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_each_case_gets_its_verdict(case: Case, folders: dict[str, Path]) -> None:
    report, valid, rejects = outcome(folders[case.id])
    if case.refused:
        assert report["verdict"] == "refused", valid
        assert report["reason"]["code"] == case.refused
        assert report["reason"]["message"]
    else:
        assert report["verdict"] == "accepted", report["reason"]
        assert valid == expected(case)
        told = [(r["line"], r["errors"][0]["rule"]) for r in rejects]
        assert told == list(case.rejected)


def test_nothing_is_silently_wrong(folders: dict[str, Path], record_property: Any) -> None:
    wrong = [case.id for case in CASES if is_silently_wrong(case, folders[case.id])]
    record_property("silently_wrong", len(wrong))
    print(f"silently wrong: {len(wrong)} of {len(CASES)}")  # noqa: T201 - the figure is the point
    assert not wrong
