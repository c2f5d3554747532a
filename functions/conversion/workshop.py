"""DuckDB for one process: one thread for each query, a folder, and no way out of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import duckdb

VERSION: str = duckdb.__version__
QueryError = duckdb.Error
"""What a query raises that cannot be carried out."""

_LOSES_ORDER = "in_clause"
"""The optimizer that makes a hash join of five or more constants behind IN, or in a list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """A database in memory that several threads may share, each with a cursor of its own."""

    folder: Path
    connection: duckdb.DuckDBPyConnection

    @classmethod
    def open(cls, folder: Path, memory_bytes: int | None = None) -> Self:
        """Open a workshop that reads and writes below `folder` alone.

        What does not fit into `memory_bytes`, which all queries share, goes to the folder.
        """
        settings: dict[str, Any] = {
            "threads": 1,
            "temp_directory": str(folder),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if memory_bytes:
            settings["memory_limit"] = f"{memory_bytes}B"
        connection = duckdb.connect(config=settings)
        allowed = str(folder).replace("'", "''")
        connection.execute(f"SET disabled_optimizers = '{_LOSES_ORDER}'")
        connection.execute(f"SET allowed_directories = ['{allowed}/']")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return cls(folder=folder, connection=connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the database."""
        self.connection.close()

    @contextmanager
    def bench(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
        """Give a connection of one's own and an empty folder, both gone at the end."""
        with (
            TemporaryDirectory(dir=self.folder) as folder,
            self.connection.cursor() as cursor,
        ):
            yield cursor, Path(folder)
