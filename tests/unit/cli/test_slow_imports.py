"""Commands begin at once: what takes long to import is imported where it is used."""

from __future__ import annotations

import subprocess
import sys

SLOW = {"awswrangler", "duckdb", "flask", "pandas", "pyarrow", "pyspark"}


def test_no_command_imports_what_only_some_calls_of_it_use() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from sluice.cli import main;"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0;"
        f"print({SLOW!r} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
