"""Records of a split found again by their ordinals."""

from __future__ import annotations

from pathlib import Path

import pytest

from conversion.split_text import HEAD, SplitText
from conversion.splits import Split

RECORDS = [f"record {n}{'x' * (n % 97)}".encode() for n in range(1, 5001)]
MANY_LINES = [b'"%d\n%s\r\n",b' % (n, b"\n" * (n % 5)) for n in range(1, 5001)]


def text_of(path: Path, content: bytes, *, is_multiline: bool) -> SplitText:
    path.write_bytes(HEAD + content)
    split = Split(
        file_index=0, index=7, offset=1000, bytes=len(content), first_record=11, records=5000,
        first_line=101,
    )  # fmt: skip
    return SplitText(path=path, split=split, quote=b'"', is_multiline=is_multiline)


@pytest.mark.parametrize("end", [b"\n", b""], ids=["ended", "the last line has no end"])
@pytest.mark.parametrize("is_multiline", [False, True])
@pytest.mark.parametrize(
    "positions",
    [
        pytest.param([0], id="the first"),
        pytest.param([4999], id="the last"),
        pytest.param([0, 1, 2, 2499, 4998, 4999], id="some"),
        pytest.param(range(5000), id="all"),
    ],
)
def test_found_in_ascending_order(
    tmp_path: Path, positions: list[int], end: bytes, *, is_multiline: bool
) -> None:
    records = MANY_LINES if is_multiline else RECORDS
    text = text_of(tmp_path / "t", b"\n".join(records) + end, is_multiline=is_multiline)
    find = text.finder()
    line_of = [101]
    for record in records:
        line_of.append(line_of[-1] + record.count(b"\n") + 1)
    assert [find(11 + n) for n in positions] == [(line_of[n], records[n]) for n in positions]


def test_blank_lines_have_no_ordinal_but_are_lines(tmp_path: Path) -> None:
    content = b"\r\n\na\r\n\r\n\nb\r\n\n\nc"
    find = text_of(tmp_path / "t", content, is_multiline=False).finder()
    assert [find(11), find(12), find(13)] == [(103, b"a"), (106, b"b"), (109, b"c")]


def test_a_character_that_the_text_does_not_hold(tmp_path: Path) -> None:
    text = text_of(tmp_path / "t", b"\x01\x02\x04\n", is_multiline=False)
    assert text.absent_character() == "\x03"
