"""Lines out of DuckDB as they come, through a named pipe: no temporary file, two cores busy."""

import errno
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import duckdb

from conversion.judging_sql import text

BLOCK_BYTES = 1024 * 1024


@contextmanager
def piped(connection: duckdb.DuckDBPyConnection, query: str, pipe: Path) -> Iterator[BinaryIO]:
    """Run a query of one text column and give its rows as a stream of lines, in order.

    Raises:
        duckdb.Error: The query failed; raised when the stream is left.
    """
    os.mkfifo(pipe)
    try:
        with ThreadPoolExecutor(max_workers=1) as runner:
            done = runner.submit(_copy, connection, query, pipe)
            with pipe.open("rb", buffering=BLOCK_BYTES) as stream:
                yield stream
            done.result()
    finally:
        pipe.unlink()


def spool(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    """Run the same kind of query into a file, for reading it twice."""
    connection.execute(_copy_sql(query, target))


def _copy(connection: duckdb.DuckDBPyConnection, query: str, pipe: Path) -> None:
    try:
        connection.execute(_copy_sql(query, pipe))
    finally:
        _release(pipe)


def _copy_sql(query: str, target: Path) -> str:
    options = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', USE_TMP_FILE false"
    return f"COPY ({query}) TO {text(str(target))} ({options})"


def _release(pipe: Path) -> None:
    """Let a reader that still waits for its writer see the end of the stream."""
    try:
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as error:
        if error.errno not in {errno.ENXIO, errno.ENOENT}:
            raise
