"""Warnings: what is counted does not depend on how a text is cut, and no value is told."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contracts.dialect import Dialect
from pipeline.text.content_scan import scan_content
from pipeline.text.oddities import KINDS, Oddity, added_up

COMMA = Dialect(delimiter=",", quote='"')
STRETCHES = ["a,b", "\n", "\r\n", "\x85", "\ufeff", "e\u0301", "ä", "\n\n"]


def found(*pieces: bytes) -> list[Oddity]:
    return list(scan_content(pieces, COMMA).warnings)


def told(kind: str, count: int, first_line: int) -> Oddity:
    return Oddity(kind=kind, count=count, first_line=first_line)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("id\n1\n", [], id="nothing is odd"),
        pytest.param("id\n\n1\n\n\n2\n", [told("blank_lines", 3, 2)], id="blank lines"),
        pytest.param('id\n"a\n\nb"\n', [], id="a blank line within quotes is text"),
        pytest.param("id\nx\x85\ny\n\x9f\n", [told("control_characters", 2, 2)], id="C1"),
        pytest.param("\ufeffid\n1\n", [], id="a mark in front"),
        pytest.param("\ufeffid\n1\n\ufeff2\n", [told("inner_bom", 1, 3)], id="a mark inside"),
        pytest.param("id\ne\u0301\nö\n", [told("not_nfc", 1, 2)], id="decomposed letters"),
        pytest.param("id\n1\n\x1a", [told("end_of_file_mark", 1, 3)], id="the mark of DOS"),
        pytest.param("id\n1\x1a", [], id="a control character in the last cell"),
    ],
)
def test_what_is_odd(text: str, expected: list[Oddity]) -> None:
    assert found(text.encode()) == expected


def test_the_mark_of_dos_is_no_record() -> None:
    assert scan_content([b"id\n1\n\x1a"], COMMA).records == 1


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(STRETCHES), max_size=20), st.lists(st.integers(0, 60), max_size=3))
def test_counts_do_not_depend_on_the_pieces(stretches: list[str], cuts: list[int]) -> None:
    text = "\ufeffid\n" + "".join(stretches)
    data = text.encode()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges) if a < b]
    by_kind = {one.kind: (one.count, one.first_line) for one in found(*pieces)}
    lines = list(enumerate(text.split("\n"), 1))
    odd = {
        "control_characters": [n for n, line in lines if "\x85" in line],
        "inner_bom": [n for n, line in lines if "\ufeff" in line and n > 1],
    }
    for kind, numbers in odd.items():
        assert by_kind.get(kind, (0, 0)) == (len(numbers), numbers[0] if numbers else 0)
    assert ("not_nfc" in by_kind) <= (not unicodedata.is_normalized("NFC", text))


def test_of_several_splits_counts_add_up_and_the_first_line_stays() -> None:
    parts = [told("lost_zeros", 2, 30), told("lost_zeros", 1, 7), told("inner_bom", 1, 9)]
    assert added_up(parts) == [told("lost_zeros", 3, 7), told("inner_bom", 1, 9)]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_told_of_one_and_of_several(kind: str) -> None:
    for count in (1, 2_000):
        words = Oddity(kind=kind, count=count, first_line=17, column="id").in_words()
        assert f"{count:,}" in words
        assert "line 17" in words
        assert words.startswith("id: ")
