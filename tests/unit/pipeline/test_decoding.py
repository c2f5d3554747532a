"""Bytes to text: exactly, whatever the pieces, or refused with line and column."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts.dialect import Dialect
from pipeline.errors import FileRefusedError
from pipeline.text.decoding import decoded, decoded_head

ENCODINGS = [
    ("utf-8", "utf-8"), ("utf-8", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16", "utf-16-le"),
    ("utf-16", "utf-16-be"), ("utf-16-le", "utf-16-le"), ("utf-32", "utf-32"),
    ("iso8859-1", "iso8859-1"), ("cp1252", "cp1252"), ("shift-jis", "shift-jis"),
    ("gb18030", "gb18030"), ("iso2022-jp", "iso2022-jp"),
]  # fmt: skip
CUTS = st.lists(st.integers(0, 80), max_size=4)


def dialect(encoding: str, **more: object) -> Dialect:
    return Dialect(delimiter=",", quote='"', encoding=encoding, **more)  # type: ignore[arg-type]


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise([0, len(data)] if not cuts else edges)]


@pytest.mark.parametrize(("declared", "used"), ENCODINGS)
@given(text=st.text('abz,\n"日本é', max_size=20), cuts=CUTS)
def test_what_was_encoded_is_decoded(declared: str, used: str, text: str, cuts: list[int]) -> None:
    kept = f"id\n{text}".encode(used, errors="ignore")
    whole = kept.decode(used)
    first = [piece for piece in pieces_of(kept[8:], cuts) if piece]
    assert "".join(decoded([kept[:8], *first], dialect(declared))) == whole


@given(text=st.text("ab\n日é", max_size=20), cut=st.integers(4, 60))
def test_the_beginning_of_a_file_may_end_within_a_character(text: str, cut: int) -> None:
    head = f"id\n{text}".encode("utf-16")[:cut]
    assert f"id\n{text}".startswith(decoded_head(head, dialect("utf-16")))


@pytest.mark.parametrize(
    ("encoding", "pieces", "place"),
    [
        pytest.param("utf-8", [b"id\nM\xfcller\n"], "line 2, column 2 ", id="Latin-1"),
        pytest.param("utf-8", [b"id\nab", b"c\xc3", b"x"], "line 2, column 4 ", id="in pieces"),
        pytest.param("utf-8", [b"id\n\xc3"], "line 2, column 1 ", id="truncated"),
        pytest.param("cp1252", [b"id\n1\n2\x81"], "line 3, column 2 ", id="undefined in 1252"),
        pytest.param(
            "shift-jis", ["日\n日".encode("shift-jis")[:-1] + b"\xff"], "line 2, column 1 ",
            id="half a character",
        ),
        pytest.param("utf-16", ["a\nb".encode("utf-16") + b"\xd8"], "line 2, column 2 ", id="odd"),
    ],
)  # fmt: skip
def test_a_byte_that_does_not_decode_is_told(
    encoding: str, pieces: list[bytes], place: str
) -> None:
    with pytest.raises(FileRefusedError) as refusal:
        list(decoded(pieces, dialect(encoding)))
    assert refusal.value.code == "encoding"
    assert place in refusal.value.message


@given(
    rows=st.lists(
        st.one_of(st.text("ab,", max_size=4), st.text("ab\r\n", max_size=4).map('"{}"'.format)),
        max_size=9,
    ),
    cuts=CUTS,
)
def test_lines_that_end_in_cr_end_in_lf(rows: list[str], cuts: list[int]) -> None:
    pieces = pieces_of("\r".join(rows).encode(), cuts)
    found = "".join(decoded(pieces, dialect("utf-8", line_end="\r")))
    assert found == "\n".join(rows)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        pytest.param("id\r1\r\n2\r", "crlf", "line 2 ", id="CRLF"),
        pytest.param("id\r1\r2\n3\r", "line_feed", "line 3 ", id="LF"),
    ],
)
def test_other_line_ends_than_declared_are_refused(text: str, code: str, line: str) -> None:
    with pytest.raises(FileRefusedError) as refusal:
        list(decoded([text.encode()], dialect("utf-8", line_end="\r")))
    assert refusal.value.code == code
    assert line in refusal.value.message
