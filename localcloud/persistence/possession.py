"""A directory that belongs to this user alone.

What is kept there becomes functions, roles and schedules again at the next start: whoever may
write it decides what this user's processes do, and whoever may read it sees every row.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

_OWNER_ONLY = 0o700
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class ForeignDirectoryError(OSError):
    """Somebody else owns the directory, or may write something in it."""


def take_possession(folder: Path) -> None:
    """Make the directory if there is none, and close it to everybody else.

    Raises:
        ForeignDirectoryError: this user was not the only one who could write it.
    """
    folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    for path in (folder, *_everything_below(folder)):
        _examine(path)
    folder.chmod(_OWNER_ONLY)


def _everything_below(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def _examine(path: Path) -> None:
    status = path.lstat()
    if status.st_uid != os.geteuid():
        raise ForeignDirectoryError(
            f"{path} belongs to the user with id {status.st_uid}: "
            "keep data in a directory of your own"
        )
    if stat.S_ISLNK(status.st_mode):
        raise ForeignDirectoryError(f"{path} is a symbolic link: name the directory itself")
    if status.st_mode & _OTHERS_MAY_WRITE:
        raise ForeignDirectoryError(
            f"other users may write {path}: remove it, or, if you trust what it holds, "
            f"run `chmod -R go-w {path}`"
        )
