"""ZIP archives: the one CSV in them, exactly, or a reason."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import FileRefusedError
from pipeline.text.byte_source import Buffer
from pipeline.text.zip_text import unzipped

CSV = b"id\n" + b"1\n" * 99


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", method) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return stored.getvalue()


@settings(deadline=None)
@given(content=st.binary(max_size=500), method=st.sampled_from([0, 8]))
def test_the_one_file_gives_all_its_bytes(content: bytes, method: int) -> None:
    packed = archive(("folder/a.CSV", content), ("__MACOSX/folder/._a.csv", b"x"), method=method)
    assert b"".join(unzipped(Buffer(packed))) == content


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        pytest.param(archive(), "zip_members", id="nothing in it"),
        pytest.param(archive(("a.csv", CSV), ("b.csv", CSV)), "zip_members", id="two files"),
        pytest.param(archive(("a.pdf", CSV)), "zip_members", id="no CSV"),
        pytest.param(archive(*((f"{'n' * 200}{n}", b"") for n in range(30_000))), "zip_members",
                     id="a directory without end"),
        pytest.param(archive(("[Content_Types].xml", b"<"), ("a.csv", b"")), "zip_or_xlsx",
                     id="a workbook"),
        pytest.param(archive(("a.csv", CSV), method=zipfile.ZIP_BZIP2), "zip_method", id="bzip2"),
        pytest.param(archive(("a.csv", CSV))[:-9], "zip_broken", id="truncated"),
        pytest.param(archive(("a.csv", CSV), method=0).replace(b"\n1", b"\n2", 1), "zip_broken",
                     id="a wrong checksum"),
        pytest.param(archive(("a.csv", b"1,a\n" * 9_000_000)), "zip_bomb", id="a bomb"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(stored: bytes, code: str) -> None:
    with pytest.raises(FileRefusedError) as refusal:
        list(unzipped(Buffer(stored)))
    assert refusal.value.code == code


def test_an_encrypted_file_is_told() -> None:
    packed = bytearray(archive(("a.csv", CSV)))
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FileRefusedError) as refusal:
        list(unzipped(Buffer(bytes(packed))))
    assert refusal.value.code == "zip_encrypted"
