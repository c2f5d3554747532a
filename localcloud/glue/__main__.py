"""`python -m localcloud.glue`: make the archive that lets Spark start faster, if it is missing."""

from __future__ import annotations

from localcloud.cache_folder import default_cache_dir
from localcloud.glue.archive import archive_path, make_archive
from localcloud.glue.java import find_java


def main() -> None:
    """Make the archive in the user's cache."""
    java, cache_dir = find_java(), default_cache_dir()
    if not archive_path(java, cache_dir).exists():
        make_archive(java, cache_dir, keep=lambda _: None)


if __name__ == "__main__":
    main()
