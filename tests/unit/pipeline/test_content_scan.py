"""The fast scan against a scan of single bytes, whatever the pieces."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contracts.dialect import Dialect
from pipeline.errors import FileRefusedError
from pipeline.text.content_scan import MAX_RECORD_BYTES, Content, scan_content
from tests.unit.pipeline.content_by_bytes import by_bytes

COMMA = Dialect(delimiter=",", quote='"')
TOKENS = [
    b"a",
    b'"',
    b'""',
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b',"x"',
    b'"a\nb"',
    b'\n"q",',
    "é".encode(),
]


def scan(*pieces: bytes, dialect: Dialect = COMMA) -> Content:
    return scan_content(pieces, dialect)


def refusal(*pieces: bytes) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as caught:
        scan(*pieces)
    return caught.value


@settings(deadline=None, max_examples=500)
@given(st.lists(st.sampled_from(TOKENS), max_size=25), st.lists(st.integers(0, 60), max_size=3))
def test_it_agrees_with_a_scan_of_single_bytes(tokens: list[bytes], cuts: list[int]) -> None:
    data = b"".join(tokens)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges) if a < b]
    try:
        found = scan(*pieces)
    except FileRefusedError:
        assert by_bytes(data) is None
    else:
        facts = (found.newline, found.multiline, found.blank_lines, found.records)
        assert facts == by_bytes(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"id\n\xff\n", "encoding", id="no UTF-8"),
        pytest.param(b"id\nM\xfcller\n", "encoding", id="Latin-1"),
        pytest.param(b"id\n\xc3", "encoding", id="truncated UTF-8"),
        pytest.param(b"id\n\xc0\xaf\n", "encoding", id="overlong UTF-8"),
        pytest.param(b"id\n\xed\xa0\x80\n", "encoding", id="surrogate"),
        pytest.param(b"id\na\x00b\n", "nul_bytes", id="NUL"),
        pytest.param(b"id\none\rtwo\n", "carriage_return", id="a lone CR"),
        pytest.param(b'id\n"one\ntwo\n', "unclosed_quote", id="an open quote"),
        pytest.param(b'id\none,"two', "unclosed_quote", id="an open quote at the very end"),
        pytest.param(b'id,b\n"a\\"b",c\n', "backslash_escape", id="backslash"),
        pytest.param(b'id,b\na"b,"c\nd"\n', "ambiguous_quotes", id="stray and multiline"),
    ],
)
def test_what_makes_records_uncertain_refuses_the_file(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_a_refusal_names_the_line() -> None:
    assert "line 3 " in refusal(b"id\none\n", b"t\xffwo\n").message


def test_a_record_without_end_is_refused_before_it_fills_the_memory() -> None:
    endless = (b"x" * 1024 * 1024 for _ in range(10**6))
    with pytest.raises(FileRefusedError) as caught:
        scan_content(endless, COMMA)
    assert caught.value.code == "record_too_long"


def test_a_record_may_be_long() -> None:
    row = b'1,"' + b"x" * (MAX_RECORD_BYTES // 2) + b'"\n'
    assert scan(b"id,text\n", row, row).records == 2


def test_text_outside_nfc_is_worth_a_warning() -> None:
    assert scan("id\ne\u0301\n".encode()).warnings
    assert not scan("id\n\u00e9\n".encode()).warnings


def test_a_character_may_be_cut_in_two() -> None:
    first, second = "é".encode()[:1], "é".encode()[1:]
    assert scan(b"id\n" + first, second + b"\n").records == 1


def test_other_dialects_have_their_own_quotes() -> None:
    found = scan(b"id;t\n1;'a\nb'\n", dialect=Dialect(delimiter=";", quote="'"))
    assert found.multiline
    assert found.records == 1
