"""SQL over published rows: Athena where there is one, DuckDB in this process elsewhere.

Both get the same text: the query of a person behind a common table expression that is named like
the dataset. What both understand is described in docs/reference/published.md.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from conversion.workshop import QueryError, Workshop
from sluice.rows.catalog import PublishedTable
from sluice.rows.published_rows import arrow_tables
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import CloudError, OperatorError

Engine = Literal["athena", "duckdb"]
RESULTS = "queries/"
"""Where Athena writes its results in the working bucket; they expire soon."""

_BEGINNING = re.compile(r"\s*(?P<word>select|with)\b", re.IGNORECASE)
_NUMBERS = {
    "tinyint": int,
    "smallint": int,
    "integer": int,
    "bigint": int,
    "double": float,
    "float": float,
    "decimal": Decimal,
    "boolean": lambda text: text == "true",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a query gives; dates and times are texts."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def statement(table: PublishedTable, sql: str, *, history: bool = False) -> str:
    """The query that is sent, which sees the dataset's rows under its name.

    Raises:
        OperatorError: it is no SELECT.
    """
    found = _BEGINNING.match(sql)
    if found is None:
        raise OperatorError("a query begins with SELECT or WITH")
    own = table.history() if history else table.current()
    head = f'WITH "{table.name}" AS ({own})'
    text = sql.strip().rstrip(";")
    if found["word"].lower() == "select":
        return f"{head} {text}"
    return f"{head}, {text[len(found['word']) :].lstrip()}"


def answer(cloud: Cloud, table: PublishedTable, sql: str, engine: Engine) -> Answer:
    """Carry out a statement.

    Raises:
        OperatorError: the engine refuses it.
    """
    if engine == "athena":
        return _by_athena(cloud, table, sql)
    with tempfile.TemporaryDirectory(prefix="sluice-query-") as folder:
        return _by_duckdb(cloud, table, sql, Path(folder))


# ---- DuckDB


def _by_duckdb(cloud: Cloud, table: PublishedTable, sql: str, folder: Path) -> Answer:
    schema, name = f'"{table.database}"', f'"{table.name}"'
    with Workshop.open(folder) as workshop:
        connection = workshop.connection
        connection.execute(f"CREATE SCHEMA {schema}")
        for number, rows in enumerate(arrow_tables(cloud, table)):
            connection.register("part", rows)
            connection.execute(
                f"CREATE TABLE {schema}.{name} AS FROM part"
                if number == 0
                else f"INSERT INTO {schema}.{name} FROM part"
            )
            connection.unregister("part")
        try:
            done = connection.execute(sql)
            columns = tuple(str(column[0]) for column in done.description)
            return Answer(columns=columns, rows=[_plain(row) for row in done.fetchall()])
        except QueryError as error:
            raise OperatorError(f"the query fails: {error}") from error


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    kept = (type(None), bool, int, float, Decimal, str)
    return tuple(value if isinstance(value, kept) else str(value) for value in row)


# ---- Athena


def _by_athena(cloud: Cloud, table: PublishedTable, sql: str) -> Answer:
    client = cloud.athena
    begun = client.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": table.database},
        ResultConfiguration={"OutputLocation": f"s3://{cloud.stack.work_bucket}/{RESULTS}"},
    )["QueryExecutionId"]
    _await(cloud, begun)
    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    heading = 1  # of the first page
    for page in client.get_paginator("get_query_results").paginate(QueryExecutionId=begun):
        info = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        columns = tuple(column["Name"] for column in info)
        readers = [_NUMBERS.get(column["Type"], str) for column in info]
        rows += _read(page["ResultSet"]["Rows"][heading:], readers)
        heading = 0
    return Answer(columns=columns, rows=rows)


def _await(cloud: Cloud, query: str) -> None:
    import awswrangler as wr  # noqa: PLC0415  (takes 0.8 s, while Athena works already)

    try:
        wr.athena.wait_query(
            query,
            boto3_session=cloud.session,
            athena_query_wait_polling_delay=cloud.poll_seconds,
        )
    except wr.exceptions.QueryFailed as error:
        raise OperatorError(f"the query fails: {error}") from error
    except wr.exceptions.QueryCancelled as error:
        raise CloudError("somebody cancelled the query") from error


def _read(rows: Sequence[Any], readers: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        texts = [datum.get("VarCharValue") for datum in row["Data"]]
        yield tuple(
            None if text is None else read(text) for text, read in zip(texts, readers, strict=True)
        )
