"""`sluice contract`: drafts hold for the file that they were drafted from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sluice.cli import main


@pytest.mark.parametrize("name", ["addresses", "customers"])
def test_a_draft_accepts_its_own_file(name: str, tmp_path: Path) -> None:
    sample = f"sample_data/{name}.csv"
    drafted = CliRunner().invoke(main, ["contract", "infer", sample])
    assert drafted.exit_code == 0
    contract = tmp_path / "contract.json"
    contract.write_text(drafted.stdout)
    command = ["check", sample, "--contract", str(contract), "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(main, command).exit_code == 0


def test_a_draft_keeps_leading_zeros_as_text(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("code;n;x;day\n007;1;1.5;2024-01-01\n010;2;2;2024-01-02\n")
    drafted = json.loads(CliRunner().invoke(main, ["contract", "infer", str(file)]).stdout)
    types = {field["name"]: field["type"] for field in drafted["schema"]["fields"]}
    assert types == {"code": "string", "n": "integer", "x": "number", "day": "date"}
    assert drafted["dialect"]["delimiter"] == ";"
    assert drafted["schema"]["primaryKey"] == "code"


def test_a_bad_contract_is_told_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text('{"name": "a", "schema": {"fields": [{"name": "x", "type": "geo"}]}}')
    result = CliRunner().invoke(main, ["contract", "check", str(file)])
    assert result.exit_code == 1
    assert "schema.fields[0].type" in result.stdout


def test_a_file_that_is_no_csv_has_no_draft(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_bytes(b"PK\x03\x04...")
    result = CliRunner().invoke(main, ["contract", "infer", str(file)])
    assert result.exit_code == 1
    assert "Excel" in result.stderr


def test_check_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    where = str(tmp_path / "file" / "out")
    contract = "functions/contracts/addresses.json"
    command = ["check", "sample_data/addresses.csv", "--contract", contract, "--out", where]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert f"Error: {tmp_path / 'file'}" in result.stderr


def test_check_warns_of_what_was_accepted_but_looks_odd(tmp_path: Path) -> None:
    file = tmp_path / "addresses.csv"
    text = Path("sample_data/addresses.csv").read_text()
    header, rest = text.split("\n", 1)
    file.write_text(f"{header}\n\n{rest}")
    contract = "functions/contracts/addresses.json"
    command = ["check", str(file), "--contract", contract, "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0
    assert "warning: 1 blank line was skipped (line 2)" in result.stdout
