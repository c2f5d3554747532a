"""A sheet of rejected rows comes back as it went out, but for what a person mended."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts.dialect import Dialect
from pipeline.words.valued import MAX_CHARACTERS, with_value
from sluice.runs.mending import Sheet, csv_text, mended_text
from sluice.terminal.exits import OperatorError

RULES: dict[str, Any] = {
    "delimiter": ",",
    "quote": '"',
    "fields": [{"name": "id", "type": "string"}, {"name": "n", "type": "number"}],
}
SHEET = Sheet(
    rules=RULES,
    dialect=Dialect(delimiter=",", quote='"'),
    header=["id", "own", "n"],
    columns=["id", None, "n"],
)
CELLS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")), min_size=1)


def row(raw: str, column: str | None = "n", message: str = "n is below 0") -> dict[str, Any]:
    return {"raw": raw, "errors": [{"column": column, "rule": "r", "message": message}]}


def test_the_files_own_columns_follow_the_reason() -> None:
    lines = list(SHEET.lines(iter([row("=1,keep,-5")])))
    assert lines == ["_sluice_reason,id,own,n\n", '"n is -5, below 0",\'=1,keep,-5\n']


def test_a_senders_name_of_a_column_is_no_formula_either(tmp_path: Path) -> None:
    name = '=HYPERLINK("http://example.com")'
    sheet = replace(SHEET, header=["id", name, "n"])
    text = "".join(sheet.lines(iter([row("1,keep,-5")])))
    assert next(csv.reader(io.StringIO(text))) == ["_sluice_reason", "id", f"'{name}", "n"]
    path = tmp_path / "mend.csv"
    path.write_text(text, encoding="utf-8")
    assert next(csv.reader(io.StringIO(mended_text(path, ",", '"')))) == ["id", name, "n"]


def test_a_contracts_name_of_a_column_stays_so_that_the_sheet_can_be_dropped_as_it_is() -> None:
    sheet = replace(SHEET, header=["id", "own", "+n"], columns=["id", None, "+n"])
    assert next(sheet.lines(iter(()))) == "_sluice_reason,id,own,+n\n"


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_cells_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "sheet.csv"
    raws = [csv_text([cells], ",", '"').removesuffix("\n") for cells in rows]
    text = "".join(SHEET.lines(iter([row(raw) for raw in raws])))
    path.write_text(text, encoding="utf-8", newline="")
    back = mended_text(path, ",", '"')
    read = list(csv.reader(io.StringIO(back, newline="")))
    assert read == [["id", "own", "n"], *rows]


def test_a_long_cell_whose_quotes_are_astray_is_guessed_as_a_short_one() -> None:
    long = "x" * 200_000
    assert SHEET.cells(f'"{long}"y,1')[:2] == [f"{long}y", "1"]


def test_a_mended_cell_may_be_long(tmp_path: Path) -> None:
    path, long = tmp_path / "mend.csv", "x" * 200_000
    path.write_text(f"_sluice_reason,id\nbad,{long}\n", encoding="utf-8")
    assert mended_text(path, ",", '"') == f"id\n{long}\n"


def test_a_spreadsheet_may_have_changed_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "mend.csv"
    path.write_text("_sluice_reason;id;n\nbad;'=1;2,5\n", encoding="utf-8-sig")
    assert mended_text(path, ",", '"') == 'id,n\n=1,"2,5"\n'


def test_any_other_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mend.csv"
    path.write_text("id,n\n1,2\n")
    with pytest.raises(OperatorError, match="_sluice_reason"):
        mended_text(path, ",", '"')


def test_a_long_value_is_shortened_and_shows_everything() -> None:
    told = with_value("n", "n is not a number", "\x1b]0;" + "x" * 100)
    assert told.isprintable()
    assert len(told) < MAX_CHARACTERS + 40


def test_a_row_with_stray_quotes_is_shown_as_well_as_can_be() -> None:
    assert SHEET.messages(row('a"b,c', None, "a quote stands inside")) == ["a quote stands inside"]
