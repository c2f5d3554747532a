"""The engine as an archive for Spark's workers to import from: same code, same bytes."""

import hashlib
import io
import zipfile
from pathlib import Path

PACKAGES = ("conversion", "pipeline")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that the format knows."""


def engine_archive() -> bytes:
    """Return a zip file of the packages that convert, from where they were imported."""
    root = Path(__file__).parent.parent
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in PACKAGES:
            for path in sorted((root / package).rglob("*.py")):
                entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return content.getvalue()


def archive_name(archive: bytes) -> str:
    """Return the name that vouches for the bytes."""
    return f"{hashlib.sha256(archive).hexdigest()}.zip"
