"""The bytecode of a deployment package, kept in the user's cache from one cloud to the next.

Python compiles a module when a worker first imports it, which takes as long as all the rest of the
import. It looks for itself whether bytecode is of a module's size and time and of its own version.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from localcloud import cache_folder

_KEPT = 16
_IDLE_SECONDS = 24 * 3600.0
"""A package of 200 modules has 2 MB. Beside the latest there are those used within a day."""


@dataclass(frozen=True, slots=True)
class Bytecode:
    """An archive of what workers have compiled of one package."""

    archive: Path

    @classmethod
    def of(cls, package: bytes, cache_dir: Path) -> Self:
        """Of the package with exactly this content."""
        return cls(cache_dir / f"{hashlib.sha256(package).hexdigest()}.zip")

    def restore(self, folder: Path) -> None:
        """Put what was kept beside the modules in `folder`; nothing if nothing was."""
        with contextlib.suppress(OSError, zipfile.BadZipFile):  # it only saves time
            with zipfile.ZipFile(self.archive) as kept:
                kept.extractall(folder)
            cache_folder.used(self.archive)

    def keep(self, folder: Path) -> None:
        """Remember what is in `folder` now, unless all of it was kept before."""
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.pyc")}
        with contextlib.suppress(OSError):  # it only saves time: the next cloud tries
            if found - self._kept():
                self._write(folder, sorted(found))

    def _kept(self) -> set[str]:
        try:
            with zipfile.ZipFile(self.archive) as kept:
                return set(kept.namelist())
        except (OSError, zipfile.BadZipFile):
            return set()

    def _write(self, folder: Path, names: list[str]) -> None:
        """What was not used for long goes."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as kept:
            for name in names:
                kept.write(folder / name, name)
        cache_folder.keep(self.archive, content.getvalue())
        cache_folder.drop_unused(self.archive.parent, "*", latest=_KEPT, idle_seconds=_IDLE_SECONDS)
