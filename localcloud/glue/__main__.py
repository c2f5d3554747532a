"""`python -m localcloud.glue DIRECTORY`: make the archive that lets Spark start faster."""

from __future__ import annotations

import sys
from pathlib import Path

from localcloud.glue.archive import archive_path, make_archive
from localcloud.glue.java import find_java


def main(arguments: list[str]) -> int:
    """Make the archive in the directory given, unless it is there."""
    (directory,) = arguments
    java = find_java()
    if not archive_path(java, Path(directory)).exists():
        make_archive(java, Path(directory), keep=lambda _: None)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
