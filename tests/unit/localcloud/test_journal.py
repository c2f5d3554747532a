import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.persistence.journal import Journal, read


@given(st.lists(st.binary(max_size=50)), st.data())
def test_after_a_crash_the_whole_records_in_front_are_there(
    records: list[bytes], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "j")
        journal = Journal(path)
        ends = [0]
        for record in records:
            journal.append(record)
            ends.append(path.stat().st_size)
        journal.close()
        assert list(read(path)) == records

        cut = data.draw(st.integers(0, ends[-1]))
        path.write_bytes(path.read_bytes()[:cut])
        whole = sum(end <= cut for end in ends[1:])
        assert list(read(path)) == records[:whole]


def test_a_damaged_record_ends_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    journal.append(b"good", b"bad", b"never seen")
    journal.close()
    content = bytearray(path.read_bytes())
    content[content.index(b"bad")] ^= 1
    path.write_bytes(content)
    assert list(read(path)) == [b"good"]


def test_a_new_beginning_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "j"
    old = Journal(path)
    old.append(b"old")
    old.close()
    journal = Journal.begin(path, [b"a", b"b"])
    journal.append(b"c")
    journal.close()
    assert list(read(path)) == [b"a", b"b", b"c"]
    assert [entry.name for entry in path.parent.iterdir()] == ["j"]


def test_no_file_holds_no_records(tmp_path: Path) -> None:
    assert list(read(tmp_path / "none")) == []
    with pytest.raises(IsADirectoryError):
        list(read(tmp_path))
