"""The archive of the engine: the same bytes, and all that is needed to import it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conversion.archive import archive_name, engine_archive


def test_the_same_code_makes_the_same_bytes() -> None:
    assert engine_archive() == engine_archive()
    assert archive_name(engine_archive()) == archive_name(engine_archive())


def test_the_engine_can_be_imported_from_nothing_but_its_archive(tmp_path: Path) -> None:
    path = tmp_path / "engine.zip"
    path.write_bytes(engine_archive())
    code = (
        f"import sys; sys.path.insert(0, {str(path)!r})\n"
        "import conversion.spark\n"
        "print(conversion.spark.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == f"{path}/conversion/spark.py"
