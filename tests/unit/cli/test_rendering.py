"""Tables and JSON as text."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sluice.terminal.output import unpainted
from sluice.terminal.render import cell, json_array, json_text, status_text, table

SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)


@given(VALUES)
def test_json_text_reads_back_as_the_same_value(value: object) -> None:
    assert json.loads(json_text(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, max_value=10**20))
def test_decimals_keep_every_digit(number: Decimal) -> None:
    assert json.loads(json_text(number), parse_float=Decimal, parse_int=Decimal) == number


@given(st.lists(st.dictionaries(st.text(), SCALARS)))
def test_rows_are_one_json_array(rows: list[dict[str, object]]) -> None:
    assert json.loads("\n".join(json_array(iter(rows)))) == rows


def test_colours_do_not_count_as_width() -> None:
    lines = list(table(["status", "rows"], [[status_text("LOADED"), "1"]], right=["rows"]))
    assert [unpainted(line) for line in lines] == ["status  rows", "LOADED     1"]


@given(st.text())
def test_a_cell_is_one_printable_line(text: str) -> None:
    assert cell(text).isprintable()
