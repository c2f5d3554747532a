"""Canonical text: the same cells, lines and raw texts, whatever the dialect and the pieces."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contracts.dialect import Dialect
from pipeline.errors import FileRefusedError
from pipeline.text.canonical_record import raw_of
from pipeline.text.canonical_text import canonical_text
from pipeline.text.csv_lines import read_record
from tests.unit.pipeline.dialect_writer import WRITABLE, written

HEAD = "the header\n"
CELLS = st.text(st.sampled_from("aé#;,|\t\"'\\ \n\r"), max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=8)
CUTS = st.lists(st.integers(0, 300), max_size=4)
PIPES = Dialect(delimiter="||", quote='"')


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def canonical(pieces: list[bytes], dialect: Dialect, width: int = 2) -> str:
    text = canonical_text(pieces, dialect, head_lines=1, width=width, compiled=re.compile)
    return b"".join(text).decode()


def body_of(text: str, dialect: Dialect = PIPES, width: int = 2) -> str:
    return canonical([(HEAD + text).encode()], dialect, width).removeprefix(HEAD)


def records_of(text: str, quote: str) -> Iterator[tuple[int, str]]:
    """Return (line, record) of canonical text, whose quotes are in order."""
    start = at = 0
    while (end := text.find("\n", at)) >= 0:
        at = end + 1
        if text.count(quote, start, end) % 2 == 0:
            yield text.count("\n", 0, start) + 1, text[start:end]
            start = at


@pytest.mark.parametrize("dialect", WRITABLE, ids=str)
@settings(deadline=None, max_examples=100)
@given(ROWS, CUTS)
def test_what_a_dialect_writes_is_read_exactly(
    dialect: Dialect, rows: list[list[str]], cuts: list[int]
) -> None:
    lines = [written(row, dialect) for row in rows]
    kept = [(row, line) for row, line in zip(rows, lines, strict=True) if line is not None]
    data = HEAD + "".join(f"{line}\n" for _, line in kept)
    text = canonical(pieces_of(data.encode(), cuts), dialect, width=3)
    quote, delimiter = dialect.canonical_quote, dialect.canonical_delimiter
    found = list(records_of(text, quote))[1:]
    line = 2
    for (number, record), (row, raw) in zip(found, kept, strict=True):
        shown, rest = raw_of(record, dialect)
        assert (number, shown) == (line, raw)
        assert read_record(rest, delimiter, quote) == row
        line += raw.count("\n") + 1


STRETCHABLE = [
    Dialect(delimiter=",", quote='"', comment="#"),
    Dialect(delimiter=",", quote='"', fills_short_rows=True, comment="a"),
    Dialect(delimiter=",", quote='"', trims_long_rows=True, skips_empty_rows=True),
    Dialect(delimiter=",", quote='"', escape="\\"),
    Dialect(delimiter=",", quote='"', escape="\\", double_quote=False, comment="#"),
    Dialect(delimiter=",", quote=None, escape="\\"),
    Dialect(delimiter=",", quote="#", escape="\\"),
    Dialect(delimiter=",", quote="'", comment="#", skips_empty_rows=True),
    Dialect(delimiter="|", quote='"', comment="#", footer_rows=1),
    Dialect(delimiter="||", quote='"', comment="#"),
]
FRAGMENTS = st.lists(
    st.sampled_from(
        ["1,2\n", '1,"b ""c"""\r\n', '"x\ny",2\n', "\\N,1\n", "# it's\n", ",\n", "1,2,\n", "1\n",
         "\n", "\r\n", "a", ",", '"', "'", "#", "\\", "N", "\r", "|", '""', "''"]
    ),
    max_size=40,
)  # fmt: skip


def outcome(text: str, dialect: Dialect, cuts: list[int], stretch: int) -> str | tuple[str, str]:
    pieces = pieces_of((HEAD + text).encode(), cuts)
    try:
        canonical = canonical_text(
            pieces, dialect, head_lines=1, width=2, compiled=re.compile, stretch=stretch
        )
        return b"".join(canonical).decode()
    except FileRefusedError as refusal:
        return refusal.code, refusal.message


@pytest.mark.parametrize("dialect", STRETCHABLE, ids=str)
@settings(deadline=None, max_examples=100)
@given(FRAGMENTS, CUTS, st.sampled_from([32, 128, 4096]))
def test_many_records_at_once_are_what_they_are_one_by_one(
    dialect: Dialect, fragments: list[str], cuts: list[int], stretch: int
) -> None:
    text = "".join(fragments)
    assert outcome(text, dialect, cuts, stretch) == outcome(text, dialect, cuts, 0)


@pytest.mark.parametrize(
    ("dialect", "text", "lines"),
    [
        pytest.param(
            Dialect(delimiter=",", quote='"', comment="#"), "#,\n1,2\n1,#\n", "\n,1,2\n,1,#\n",
            id="comments",
        ),
        pytest.param(
            Dialect(delimiter=",", quote='"', fills_short_rows=True), "1\n1,2\n1,2,\n",
            "1,1,\n,1,2\n,1,2,\n", id="short rows",
        ),
        pytest.param(
            Dialect(delimiter=",", quote='"', trims_long_rows=True), "1,2,,\n1,2,,3\n1\n",
            '"1,2,,",1,2\n,1,2,,3\n,1\n', id="long rows",
        ),
        pytest.param(
            Dialect(delimiter=",", quote='"', skips_empty_rows=True), ',,\n"",\n1,\n', "\n\n,1,\n",
            id="empty rows",
        ),
        pytest.param(
            Dialect(delimiter=",", quote='"', footer_rows=2), "1,2\n\n3,4\n5\n\n",
            ",1,2\n\n\n\n\n", id="a footer by number",
        ),
        pytest.param(
            Dialect(delimiter=",", quote='"', footer_pattern="T.*"), "T1,2\n3,4\nT5\n\nT6\n",
            ",T1,2\n,3,4\n\n\n\n", id="a footer by pattern",
        ),
        pytest.param(PIPES, '1||a"b\n2||c\n', '"1||a""b"\n2||c,2,c\n', id="a stray quote"),
        pytest.param(
            Dialect(delimiter=",", quote='"', escape="\\"), "C:\\new,1\n\\N,1\n",
            '"C:\\\\new,1"\n,\\N,1\n', id="an escape before nothing special",
        ),
    ],
)  # fmt: skip
def test_rows_are_told_as_declared(dialect: Dialect, text: str, lines: str) -> None:
    assert body_of(text, dialect) == lines


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        pytest.param('1||"a\n2||b\n', "unclosed_quote", "line 2 ", id="an open quote"),
        pytest.param('1||2\n1||"a\nb"c\n', "ambiguous_quotes", "line 3 ", id="stray, multiline"),
        pytest.param("1||a\rb\n", "carriage_return", "line 2 ", id="a lone CR"),
        pytest.param('1||"' + "x\n" * 3_000_000, "record_too_long", "line 2 ", id="without end"),
    ],
)
def test_what_makes_records_uncertain_refuses_the_file(text: str, code: str, line: str) -> None:
    with pytest.raises(FileRefusedError) as refusal:
        body_of(text)
    assert refusal.value.code == code
    assert line in refusal.value.message


def test_a_footer_that_is_not_there_refuses_the_file() -> None:
    with pytest.raises(FileRefusedError, match="fewer than 2 rows"):
        body_of("1,2\n", Dialect(delimiter=",", quote='"', footer_rows=2))


def test_canonical_files_are_not_touched() -> None:
    data = b"\xef\xbb\xbfid\r\n\xff\r\n"
    text = canonical_text(
        [data], Dialect(delimiter=",", quote='"'), head_lines=1, width=1, compiled=re.compile
    )
    assert list(text) == [data]
