"""Splits against a reader of single bytes: whatever the file, the pieces and the size wanted."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contracts.dialect import Dialect
from pipeline.text.content_scan import Content, scan_content
from pipeline.text.header_rows import BOM
from pipeline.text.splits import Split

COMMA = Dialect(delimiter=",", quote='"')
LINE_ENDS = ["\n", "\r\n"]
PLAIN = st.text("abé ", max_size=8)
QUOTED = st.lists(st.sampled_from(["a", ",", '""', "\n", "\r\n", "é"]), max_size=8).map(
    lambda parts: f'"{"".join(parts)}"'
)
STRAY = st.sampled_from(['5"', 'a"b"', 'x""'])


@dataclass(frozen=True)
class Record:
    """One record of the body: its bytes with their line end, its line, its ordinal."""

    body: bytes
    line: int
    ordinal: int
    is_blank: bool


def records_of(body: bytes, *, quotes: bool) -> list[Record]:
    """Read a body byte by byte; `quotes`: line ends between two of them end no record."""
    records, start, line, ordinal, is_open = [], 0, 2, 1, False
    first_line = line
    for at, byte in enumerate(body):
        is_open ^= quotes and byte == ord('"')
        line += byte == ord("\n")
        if (byte == ord("\n") and not is_open) or at == len(body) - 1:
            content = body[start : at + 1]
            is_blank = not content.strip(b"\r\n")
            records.append(Record(content, first_line, ordinal, is_blank))
            start, first_line, ordinal = at + 1, line, ordinal + (not is_blank)
    return records


@st.composite
def texts(draw: st.DrawFn, cells: st.SearchStrategy[str]) -> tuple[bytes, bytes]:
    """Return header and body of a file: blank lines, mixed line ends, perhaps none at the end."""
    ends = st.sampled_from(draw(st.sampled_from([["\n"], ["\r\n"], LINE_ENDS])))
    row = st.one_of(st.lists(cells, min_size=2, max_size=3).map(",".join), st.just(""))
    lines = [line + draw(ends) for line in draw(st.lists(row, max_size=40))]
    body = "".join(lines).encode()
    header = draw(st.sampled_from([b"", BOM])) + b'id,"b"' + draw(ends).encode()
    return header, body.removesuffix(b"\n").removesuffix(b"\r") if draw(st.booleans()) else body


def scanned(data: bytes, cuts: list[int], split_bytes: int, max_splits: int = 1000) -> Content:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges) if a < b]
    return scan_content(pieces, COMMA, split_bytes=split_bytes, max_splits=max_splits)


def hold(header: bytes, body: bytes, content: Content, *, quotes: bool) -> None:
    data = header + body
    texts = [data[split.offset : split.offset + split.bytes] for split in content.splits]
    assert b"".join(texts) == body
    assert content.text_bytes == len(data)
    assert sum(split.records for split in content.splits) == content.records
    rest = iter(records_of(body, quotes=quotes))
    offset = len(header)
    for split in content.splits:
        own, length = [], 0
        while length < split.bytes:
            own.append(next(rest))
            length += len(own[-1].body)
        assert split == Split(
            offset=offset,
            bytes=length,
            first_record=own[0].ordinal,
            records=sum(not record.is_blank for record in own),
            first_line=own[0].line,
        )
        offset += length


CUTS = st.lists(st.integers(0, 400), max_size=4)
SIZES = st.integers(1, 120)


@settings(deadline=None)
@given(texts(st.one_of(PLAIN, QUOTED)), CUTS, SIZES)
def test_splits_are_the_body_cut_between_records(
    text: tuple[bytes, bytes], cuts: list[int], split_bytes: int
) -> None:
    header, body = text
    hold(header, body, scanned(header + body, cuts, split_bytes), quotes=True)


@settings(deadline=None)
@given(texts(st.one_of(PLAIN, STRAY)), CUTS, SIZES)
def test_stray_quotes_hold_no_record_together(
    text: tuple[bytes, bytes], cuts: list[int], split_bytes: int
) -> None:
    header, body = text
    hold(header, body, scanned(header + body, cuts, split_bytes), quotes=False)


@settings(deadline=None)
@given(texts(PLAIN), CUTS, st.integers(2, 5))
def test_there_are_never_more_than_allowed(
    text: tuple[bytes, bytes], cuts: list[int], max_splits: int
) -> None:
    header, body = text
    content = scanned(header + body, cuts, 1, max_splits)
    assert len(content.splits) <= max_splits
    hold(header, body, content, quotes=True)


def test_splits_are_about_as_long_as_wanted() -> None:
    body = b"1,some text\n" * 5000
    content = scanned(b"id,t\n" + body, [], 600)
    sizes = [split.bytes for split in content.splits]
    assert all(600 <= size < 1200 for size in sizes[:-1])


def test_a_header_alone_has_no_splits() -> None:
    assert scanned(b"id,t", [], 10).splits == ()
    assert scanned(b"id,t\n", [], 10).splits == ()
