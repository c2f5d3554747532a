"""Records of a file found again by their ordinals."""

from __future__ import annotations

from pathlib import Path

import pytest

from conversion.records import Records

RECORDS = [f"record {n}{'x' * (n % 97)}".encode() for n in range(1, 5001)]


@pytest.mark.parametrize("end", [b"\n", b""], ids=["ended", "the last line has no end"])
@pytest.mark.parametrize(
    "ordinals",
    [
        pytest.param([1], id="the first"),
        pytest.param([5000], id="the last"),
        pytest.param([1, 2, 3, 2500, 4999, 5000], id="some"),
        pytest.param(range(1, 5001), id="all"),
    ],
)
def test_found_in_ascending_order(tmp_path: Path, ordinals: list[int], end: bytes) -> None:
    path = tmp_path / "records.csv"
    path.write_bytes(b"header\n" + b"\n".join(RECORDS) + end)
    line_of = Records(path=path).finder()
    assert [line_of(n) for n in ordinals] == [RECORDS[n - 1] for n in ordinals]
