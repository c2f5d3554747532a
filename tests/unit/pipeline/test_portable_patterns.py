"""Patterns and forms mean the same in Python and both RE2s, or are refused."""

from __future__ import annotations

import re
from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversion.re2_patterns import compiled
from pipeline.contracts.forms import DEFAULT_FORMATS, date_form, temporal_form
from pipeline.contracts.numbers import NumberFormat
from pipeline.contracts.patterns import PatternError, portable

ALPHABET = "aZ0_-.é\n\r\t \u2028\U0001f600٣"


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param(r"\d{2}", "[0-9]{2}", id="digits are ASCII"),
        pytest.param("a.c", r"a[^\n]c", id="a dot is anything but a line feed"),
        pytest.param("^abc$", "abc", id="outer anchors are implied"),
        pytest.param(r"\u00e9\x41", "éA", id="escapes are spelled out"),
        pytest.param(r"[\w.-]+@x", r"[0-9A-Za-z_.\-]+@x", id="a class in a class"),
        pytest.param("(a|b)*", "(?:a|b)*", id="groups capture nothing"),
        pytest.param(r"price\$", r"price\$", id="an escaped dollar"),
    ],
)
def test_patterns_are_rewritten(pattern: str, expected: str) -> None:
    assert portable(pattern) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("(?:a{40}){40}", id="repeats of repeats"),
        pytest.param("(?:(?:a{1,11}|b){0,10}c){10}", id="three deep"),
        pytest.param("a{3,2}", id="from more to fewer"),
        pytest.param("[^é]{1000}" * 6, id="large once unrolled"),
        pytest.param("x" * 5001, id="long"),
        pytest.param("(" * 51 + "a" + ")" * 51, id="groups in groups"),
        pytest.param("(" * 5000, id="groups that would end Python's stack"),
    ],
)
def test_what_re2_would_not_hold_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        portable(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("[^é]{1000}" * 5, id="negated classes"),
        pytest.param("(?:[ä-üÄ-Üа-я一-龥]{1,25}){10}" * 5, id="ranges of other scripts"),
        pytest.param("(?:a?){1000}" * 5, id="options"),
        pytest.param("(?:a{0,10}|(?:b{1,10}){10}){1,10}", id="repeats of repeats"),
        pytest.param("(" * 50 + "a" + ")*" * 50, id="groups in groups"),
        pytest.param("é" * 5000, id="long"),
    ],
)
def test_the_largest_that_is_accepted_is_held_by_re2(
    pattern: str, database: duckdb.DuckDBPyConnection
) -> None:
    form = portable(pattern)
    found = database.execute("SELECT regexp_full_match('?', ?)", [form]).fetchone()
    assert found == (bool(compiled(form).fullmatch("?")),)


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", r"(a)\1", "a*?", "a++", "(?i)a", r"\bword\b", r"\p{L}", "a^b", "^a|b$", "[a&&b]",
     "[[:alpha:]]", "(", ")", "[", "a{2000}", "*", r"\A", "[z-a]", "\\", "[]", r"[\D]", r"\u12"],
)  # fmt: skip
def test_what_engines_do_not_share_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        portable(pattern)


PATTERNS = [r"\w+", r"\W", r"\s*", ".", ".*", r"[^\d]", r"[a-z\-.]+", "a?|Z{1,2}", r"\D\S", "é+"]


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(PATTERNS), st.text(ALPHABET, max_size=4))
def test_all_engines_agree(pattern: str, text: str) -> None:
    form = portable(pattern)
    [[matches]] = duckdb.execute("SELECT regexp_full_match(?, ?)", [text, form]).fetchall()
    assert matches == bool(compiled(form).fullmatch(text)) == bool(re.fullmatch(form, text))


@settings(deadline=None)
@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
def test_a_date_matches_its_form_exactly_if_it_exists(year: int, month: int, day: int) -> None:
    text = f"{year:04d}-{month:02d}-{day:02d}"
    try:
        exists = bool(date.fromisoformat(text))
    except ValueError:
        exists = False
    assert bool(re.fullmatch(date_form("%Y-%m-%d"), text)) == exists
    backwards = f"{day:02d}.{month:02d}.{year:04d}"
    assert bool(re.fullmatch(date_form("%d.%m.%Y"), backwards)) == exists


@pytest.mark.parametrize("kind", DEFAULT_FORMATS)
def test_default_formats_have_forms_that_re2_takes(
    kind: str, database: duckdb.DuckDBPyConnection
) -> None:
    form = temporal_form(kind, DEFAULT_FORMATS[kind])
    text = {"date": "2024-02-29", "datetime": "2024-02-29T23:59:59Z", "time": "00:00:00"}[kind]
    assert database.execute("SELECT regexp_full_match(?, ?)", [text, form]).fetchone() == (True,)


@pytest.mark.parametrize(
    ("kind", "layout"),
    [("date", "%Y-%m"), ("date", "%q-%m-%d"), ("date", "%Y-%m-%d %H"), ("date", "%Y%Y%m%d"),
     ("time", "%Y"), ("datetime", "%Y-%m-%d"), ("date", "%Y-%m-%d %")],
)  # fmt: skip
def test_other_formats_are_refused(kind: str, layout: str) -> None:
    with pytest.raises(ValueError, match="format"):
        temporal_form(kind, layout)


@pytest.mark.parametrize("text", ["1e5", "NaN", ".5", "5.", "1_000", "٣", "0x1", "", "- 1", "1\n"])
def test_numbers_are_plain_decimals(text: str) -> None:
    for kind in (NumberFormat(), NumberFormat.of_integers()):
        assert not re.fullmatch(kind.form, text)
