"""No cell of a file for people is taken for a formula, and each comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rows.formulas import disarmed, restored

CELLS = (
    st.text("=+-@\uff1d\uff0b\uff0d\uff20\ufe66' \t\r\n\u200b\ufeff\xa0a1", max_size=6) | st.text()
)


@pytest.mark.parametrize(
    "cell",
    ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "\u3000=1", "\xa0@x", "\uff1d1",
     "\uff0b1", "\uff0d1", "\uff20x", "\ufe661", " \n \uff1d1", "\ufeff=1",
     "\u200b=1", "\ttext", "\ntext", "'=1", "\x00=1"],
)  # fmt: skip
def test_formulas_are_disarmed(cell: str) -> None:
    assert disarmed(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a", "1", "a=1", "'tis", "2-1", "x@y.example", " a"])
def test_texts_stay_as_they_are(cell: str) -> None:
    assert disarmed(cell) == cell


@given(CELLS)
def test_every_cell_comes_back(cell: str) -> None:
    assert restored(disarmed(cell)) == cell
