"""A data folder tells how much a cloud has to read back, so that commands wait long enough."""

from __future__ import annotations

from pathlib import Path

from sluice.stack.data_folder import kept_bytes


def test_all_files_count_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "control").mkdir()
    (tmp_path / "items.journal").write_bytes(b"x" * 700_000)
    (tmp_path / "control" / "sqs").write_bytes(b"x" * 300_000)
    assert 1_000_000 <= kept_bytes(tmp_path) < 1_100_000


def test_no_folder_keeps_nothing(tmp_path: Path) -> None:
    assert kept_bytes(tmp_path / "none") == 0
