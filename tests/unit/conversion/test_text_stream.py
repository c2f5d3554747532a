"""Numbered texts out of DuckDB as runs of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from conversion.text_stream import Texts, texts

MANY = 300_000


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as opened:
        yield opened


def rows_of(batch: Texts) -> list[bytes | None]:
    cells = [bytes(batch.data[batch.ends[n] : batch.ends[n + 1]]) for n in range(batch.rows)]
    return [None if n in batch.absent else cell for n, cell in enumerate(cells)]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([], id="no row"),
        pytest.param(["a", "bc", ""], id="texts, one of them empty"),
        pytest.param([None, "a", None, "é😀", None], id="some are absent"),
        pytest.param([None], id="all are absent"),
        pytest.param([None if n % 7 == 3 else f"{n}\n" for n in range(100)], id="line ends"),
    ],
)
def test_rows_come_as_they_are(
    connection: duckdb.DuckDBPyConnection, values: list[str | None]
) -> None:
    connection.execute("CREATE TABLE t (v VARCHAR)")
    if values:
        connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
    batches = texts(connection, "SELECT rowid + 7, v FROM t")
    found = [pair for batch in batches for pair in zip(batch.numbers, rows_of(batch), strict=True)]
    bodies = [None if value is None else value.encode() for value in values]
    assert found == [(n + 7, body) for n, body in enumerate(bodies)]


def test_many_rows_come_in_the_order_of_the_file(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    lines = "".join(f"row number {n} of a long file\n" for n in range(MANY)).encode()
    path = tmp_path / "long.csv"
    path.write_bytes(lines)
    connection.execute("SET VARIABLE path = ?", [str(path)])
    query = (
        "SELECT 0::BIGINT, line || chr(10)"
        " FROM read_csv(getvariable('path'), columns = {line: 'VARCHAR'}, header = false)"
    )
    batches = 0
    joined = bytearray()
    for batch in texts(connection, query):
        joined += batch.data
        batches += 1
    assert joined == lines
    assert batches > 1


def test_a_query_that_fails_under_way_raises(connection: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT n, CASE WHEN n = 299_999 THEN error('no') ELSE n::VARCHAR END"
        " FROM range(300_000) t(n)"
    )
    with pytest.raises(duckdb.Error):
        list(texts(connection, query))
    assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_leaving_early_frees_the_connection(connection: duckdb.DuckDBPyConnection) -> None:
    stream = texts(connection, "SELECT n, n::VARCHAR FROM range(300_000) t(n)")
    assert isinstance(stream, Iterator)
    next(stream)
    del stream
    assert connection.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize("query", ["SELECT 'a'", "SELECT 'a', 'b'"])
def test_only_a_number_and_a_text_are_taken(
    connection: duckdb.DuckDBPyConnection, query: str
) -> None:
    with pytest.raises(duckdb.NotSupportedError):
        list(texts(connection, query))
