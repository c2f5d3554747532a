"""Numbers in SQL against the same in Python: forms, canonical texts, limits."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversion.number_sql import canonical_sql, fits_sql, form_sql, limit_sql
from pipeline.contracts.numbers import NumberFormat

FORMATS = [
    pytest.param(NumberFormat(), id="plain"),
    pytest.param(NumberFormat.of_integers(), id="integers"),
    pytest.param(NumberFormat(digits=18, decimals=0, keeps_zeros=False), id="no leading zeros"),
    pytest.param(NumberFormat(decimal=",", group="."), id="German"),
    pytest.param(NumberFormat(group="'"), id="Swiss"),
    pytest.param(NumberFormat(group=",", is_bare=False), id="currencies"),
    pytest.param(NumberFormat(decimal=",", group="\u00a0", is_bare=False), id="French currencies"),
    pytest.param(NumberFormat(has_exponent=True), id="exponents"),
    pytest.param(NumberFormat(digits=38, decimals=30), id="38 digits"),
    pytest.param(NumberFormat.of_integers(38), id="integers of 38 digits"),
    pytest.param(NumberFormat(digits=38, decimals=37, has_exponent=True), id="small exponents"),
    pytest.param(NumberFormat(decimal=",", has_exponent=True, is_bare=False), id="everything"),
    pytest.param(NumberFormat(digits=38, decimals=0, group=" ", is_bare=False), id="whole euros"),
]
PIECES = [
    "", "0", "00", "1", "7", "12", "050", "123", "9" * 19, "1" * 38, "+", "-", ".", ",", "'", " ",
    "\u00a0", "e", "E-", "e+2", "e400", "E37", "$", "€", " EUR", "%", "R$", "x", "\n",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
LIMITS = ["0", "5", "-5", "0.5", "-123.45", "9" * 38, "-0." + "1" * 30, "12345678901.5"]


def judged(number: NumberFormat, texts: list[str], limits: list[str]) -> list[tuple[Any, ...]]:
    """Return, of each text, its canonical form (None: no number) and what its limits say."""
    field = {"number": number.document(), "form": number.form}
    checks = [limit_sql(field, "n", op, limit) for limit in limits for op in (">=", "<=")]
    rows = [f"({n}, '{text.replace(chr(39), chr(39) * 2)}')" for n, text in enumerate(texts)]
    cells = f"(VALUES {', '.join(rows)}) t(i, c)"
    numbers = f"(SELECT *, {canonical_sql(field, 'c')} AS n FROM {cells})"  # noqa: S608
    is_number = f"{form_sql(field, 'c', 'n')} AND ({fits_sql(field, 'n')})"
    told = f"CASE WHEN {is_number} THEN n END, [{', '.join(checks)}]"
    query = f"SELECT {told} FROM {numbers} ORDER BY i"  # noqa: S608
    return duckdb.sql(query).fetchall()


@pytest.mark.parametrize("number", FORMATS)
@settings(deadline=None, max_examples=60)
@given(texts=st.lists(TEXTS, min_size=1, max_size=30), limits=st.sets(st.sampled_from(LIMITS)))
def test_sql_and_python_agree(number: NumberFormat, texts: list[str], limits: set[str]) -> None:
    whole = [limit for limit in limits if number.plain.canonical(limit)]
    for text, (canonical, verdicts) in zip(texts, judged(number, texts, whole), strict=True):
        assert canonical == number.canonical(text)
        assert (number.canonical(text) is None) or re.fullmatch(number.form, text)
        if canonical is not None:
            value = Decimal(canonical)
            kept = [[value >= Decimal(limit), value <= Decimal(limit)] for limit in whole]
            assert verdicts == [verdict for pair in kept for verdict in pair]


@pytest.mark.parametrize(
    ("number", "text", "canonical"),
    [
        pytest.param(NumberFormat(), "1" * 20 + ".1", "1" * 20 + ".1", id="20 digits"),
        pytest.param(NumberFormat(), "1" * 21, None, id="21 digits"),
        pytest.param(NumberFormat.of_integers(38), "1" * 38, "1" * 38, id="38 digits"),
        pytest.param(NumberFormat.of_integers(38), "-" + "9" * 38, "-" + "9" * 38, id="the least"),
        pytest.param(NumberFormat.of_integers(38), "1" * 39, None, id="39 digits"),
        pytest.param(
            NumberFormat(digits=38, decimals=37), "1." + "1" * 37, "1." + "1" * 37, id="37 decimals"
        ),
        pytest.param(NumberFormat(digits=38, decimals=37), "12." + "1" * 36, None, id="no room"),
        pytest.param(NumberFormat.of_integers(), "1,000", None, id="no groups"),
        pytest.param(
            NumberFormat(digits=4, decimals=0, group=","),
            "12,345",
            None,
            id="groups of too many digits",
        ),
        pytest.param(NumberFormat(decimal=","), "1,5", "1.5", id="a decimal comma"),
        pytest.param(NumberFormat(decimal=","), "1.5", None, id="a point is no comma"),
        pytest.param(NumberFormat(group=","), "1,234,567.80", "1234567.8", id="groups of three"),
        pytest.param(NumberFormat(group=","), "12,34,567", "1234567", id="lakhs"),
        pytest.param(NumberFormat(group=","), "1,23", None, id="half a group"),
        pytest.param(NumberFormat(group=","), "1234,567", None, id="a group too long"),
        pytest.param(NumberFormat(is_bare=False), "-$5.00", "-5", id="a sign, a dollar"),
        pytest.param(NumberFormat(is_bare=False), "$-5", "-5", id="a dollar, a sign"),
        pytest.param(NumberFormat(is_bare=False), "5 %", "5", id="per cent"),
        pytest.param(NumberFormat(is_bare=False), "EUR 5", "5", id="a code"),
        pytest.param(NumberFormat(is_bare=False), "5 km", None, id="a unit is no currency"),
        pytest.param(NumberFormat(is_bare=False), "5M", None, id="millions are no currency"),
        pytest.param(NumberFormat(has_exponent=True), "1.5E+3", "1500", id="an exponent"),
        pytest.param(NumberFormat(has_exponent=True), "-12e-3", "-0.012", id="a negative one"),
        pytest.param(NumberFormat(has_exponent=True), "1e400", None, id="too large"),
        pytest.param(NumberFormat(has_exponent=True), "1e-10", None, id="too small"),
        pytest.param(NumberFormat(has_exponent=True), "1.0e-9", "0.000000001", id="just so"),
        pytest.param(NumberFormat(keeps_zeros=False), "007", None, id="zeros in front"),
        pytest.param(NumberFormat(keeps_zeros=False), "+7", None, id="a plus in front"),
        pytest.param(NumberFormat(keeps_zeros=False), "-0.70", "-0.7", id="one zero"),
    ],
)
def test_numbers_are_read_as_declared(
    number: NumberFormat, text: str, canonical: str | None
) -> None:
    assert number.canonical(text) == canonical
    assert judged(number, [text], [])[0][0] == canonical
