"""A cloud's temporary folder: its own, gone with it, and removed by the next if it was killed."""

import os
import tempfile
import threading
from pathlib import Path

import pytest

from localcloud.temporary_folder import own_temporary_folder


@pytest.fixture(autouse=True)
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_all_that_is_put_down_meanwhile_goes_at_the_end(parent: Path) -> None:
    with own_temporary_folder() as folder:
        left = Path(tempfile.mkdtemp())
        (left / "rows.csv").touch()
        assert left.parent == folder
        assert os.environ["TMPDIR"] == str(folder)
        assert folder.stat().st_mode & 0o077 == 0
    assert list(parent.iterdir()) == []
    assert os.environ["TMPDIR"] == str(parent)


def test_what_a_killed_cloud_left_is_removed_and_what_a_living_one_has_is_not(parent: Path) -> None:
    abandoned = parent / "localcloud-abandoned"
    (abandoned / "lambda-1").mkdir(parents=True)
    (parent / "else").mkdir()
    (parent / "localcloud-link").symlink_to(parent / "else")
    with own_temporary_folder() as living:
        for thread in threading.enumerate():
            if thread.name == "abandoned-folders":
                thread.join(30)
        assert {path.name for path in parent.iterdir()} == {living.name, "else", "localcloud-link"}
