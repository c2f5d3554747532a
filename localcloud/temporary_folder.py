"""The folder for all that a cloud and its processes put down for a while.

It is their TMPDIR, so what libraries, functions and jobs leave lies in it, too. It goes with the
cloud; where a cloud was killed, the next one to start removes it. A cloud that lives holds a lock
on its folder, which ends with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "localcloud-"


@contextlib.contextmanager
def own_temporary_folder() -> Iterator[Path]:
    """A new folder, the TMPDIR of this process and those it starts; removed at the end."""
    parent = Path(tempfile.gettempdir())
    threading.Thread(
        target=remove_abandoned, args=(parent,), name="abandoned-folders", daemon=True
    ).start()
    folder, lock = _locked_folder(parent)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    try:
        yield folder
    finally:
        os.environ["TMPDIR"] = tempfile.tempdir = str(parent)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_abandoned(parent: Path) -> None:
    """Remove the folders below `parent` whose clouds have ended without doing so."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # somebody else's, or gone meanwhile
            lock = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(lock).st_uid == os.getuid():
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    """A new folder and its lock; another one if it was taken for abandoned before it was locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)
