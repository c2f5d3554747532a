import os
import stat
from pathlib import Path

import pytest

from localcloud.persistence.possession import ForeignDirectoryError, take_possession


def test_a_new_directory_is_closed_to_everybody_else(tmp_path: Path) -> None:
    take_possession(tmp_path / "a" / "data")
    assert stat.S_IMODE((tmp_path / "a" / "data").stat().st_mode) == 0o700


def test_one_that_others_could_read_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    take_possession(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o702], ids=["the group", "everybody"])
@pytest.mark.parametrize("name", [".", "control", "control/sqs"])
def test_one_that_others_may_write_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    (tmp_path / "control").mkdir()
    (tmp_path / "control" / "sqs").write_text("x")
    (tmp_path / name).chmod(mode)
    with pytest.raises(ForeignDirectoryError, match="other users may write"):
        take_possession(tmp_path)


def test_a_link_out_of_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "items.journal").symlink_to("/etc/passwd")
    with pytest.raises(ForeignDirectoryError, match="symbolic link"):
        take_possession(tmp_path)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to give things away")
@pytest.mark.parametrize("name", [".", "control"])
def test_one_that_somebody_else_owns_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "control").mkdir()
    os.chown(tmp_path / name, 65534, 65534)
    with pytest.raises(ForeignDirectoryError, match="belongs to the user with id 65534"):
        take_possession(tmp_path)
    os.chown(tmp_path / name, os.getuid(), os.getgid())
