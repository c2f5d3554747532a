"""Parts: where they are cut."""

from __future__ import annotations

from itertools import accumulate

import pytest

from conversion import outputs
from conversion.outputs import PartWriter
from conversion.text_stream import Texts
from tests.unit.conversion.reference_conversion import MemorySink

LINES = [b"a\n", b"bb\n", b"", b"cccc\n", b"d\n", b"eeeeeeeee\n", b"f\n"]


def rows(lines: list[bytes]) -> Texts:
    absent = tuple(n for n, line in enumerate(lines) if not line)
    ends = b"".join(end.to_bytes(4, "little") for end in accumulate(map(len, lines), initial=0))
    data = memoryview(b"".join(lines))
    return Texts(rows=len(lines), ends=memoryview(ends).cast("i"), data=data, absent=absent)


@pytest.mark.parametrize(
    ("max_rows", "max_bytes", "expected"),
    [
        pytest.param(100, 100, [b"a\nbb\ncccc\nd\neeeeeeeee\nf\n"], id="all in one"),
        pytest.param(
            2, 100, [b"a\nbb\n", b"cccc\nd\n", b"eeeeeeeee\nf\n"], id="so many rows, no more"
        ),
        pytest.param(
            100,
            6,
            [b"a\nbb\ncccc\n", b"d\neeeeeeeee\n", b"f\n"],
            id="closed by the row that makes it large enough",
        ),
        pytest.param(1, 1, [b"a\n", b"bb\n", b"cccc\n", b"d\n", b"eeeeeeeee\n", b"f\n"], id="one"),
    ],
)
def test_where_parts_end(
    monkeypatch: pytest.MonkeyPatch, max_rows: int, max_bytes: int, expected: list[bytes]
) -> None:
    monkeypatch.setattr(outputs, "MAX_PART_BYTES", max_bytes)
    sink = MemorySink()
    writer = PartWriter(sink=sink, kind="valid", max_rows=max_rows)
    batch = rows(LINES)
    writer.add_rows(batch, 0, 2, file_index=4)
    writer.add_rows(batch, 3, len(LINES), file_index=4)
    writer.flush(4)
    assert list(sink.parts.values()) == expected
    assert [part.rows for part in writer.parts] == [body.count(b"\n") for body in expected]
    assert {part.file_index for part in writer.parts} == {4}


def test_lines_are_ended_and_every_part_has_the_head() -> None:
    sink = MemorySink()
    writer = PartWriter(sink=sink, kind="rejected_csv", max_rows=2, head=b"h\n")
    for line in (b"1", b"2", b"3"):
        writer.add(line)
    writer.flush()
    assert list(sink.parts.values()) == [b"h\n1\n2\n", b"h\n3\n"]
