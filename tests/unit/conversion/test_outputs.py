"""Parts: where they are cut."""

from __future__ import annotations

from array import array
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversion import outputs
from conversion.outputs import PartWriter, json_line, values_of
from conversion.text_stream import Texts
from tests.unit.conversion.reference_conversion import MemoryStorage

LINES = [b"a\n", b"bb\n", b"", b"cccc\n", b"d\n", b"eeeeeeeee\n", b"f\n"]


def rows(lines: list[bytes]) -> Texts:
    absent = tuple(n for n, line in enumerate(lines) if not line)
    ends = b"".join(end.to_bytes(4, "little") for end in accumulate(map(len, lines), initial=0))
    data = memoryview(b"".join(lines))
    numbers = memoryview(array("q", range(len(lines))))
    ends_of_rows = memoryview(ends).cast("i")
    return Texts(rows=len(lines), numbers=numbers, ends=ends_of_rows, data=data, absent=absent)


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
    sink = MemoryStorage()
    writer = PartWriter(sink=sink, name_of=str, max_rows=max_rows)
    batch = rows(LINES)
    writer.add_rows(batch, 0, 2)
    writer.add_rows(batch, 3, len(LINES))
    writer.flush()
    assert list(sink.objects.values()) == expected
    assert [part.rows for part in writer.parts] == [body.count(b"\n") for body in expected]


def test_lines_are_ended_and_every_part_has_the_head() -> None:
    sink = MemoryStorage()
    writer = PartWriter(sink=sink, name_of=str, max_rows=2, head=b"h\n")
    for line in (b"1", b"2", b"3"):
        writer.add(line)
    writer.flush()
    assert list(sink.objects.values()) == [b"h\n1\n2\n", b"h\n3\n"]


texts = st.text(max_size=6) | st.sampled_from([',"a":', '{"a":', '"', "a", "\\", '\\",'])
names = st.sampled_from(["a", "é", '"', "a:b"]) | texts
documents = st.lists(st.dictionaries(names, texts), max_size=5)


@given(documents, names)
def test_values_are_counted_as_the_rows_have_them(found: list[dict[str, str]], name: str) -> None:
    lines = b"\n".join(map(json_line, found))
    assert values_of(name, lines) == sum(name in row for row in found)
