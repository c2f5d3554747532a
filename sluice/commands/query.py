"""`sluice query DATASET SQL`: the rows that were loaded, by SQL."""

from __future__ import annotations

from pathlib import Path

import click

from sluice.options import open_cloud, operator_options, settings
from sluice.rows.catalog import PublishedTable
from sluice.stack.project import find_project
from sluice.terminal.output import put, put_lines
from sluice.terminal.render import cell, json_array, table


@click.command("query")
@click.argument("dataset")
@click.argument("sql")
@click.option(
    "--history",
    is_flag=True,
    help="Every row that the table was given, with source_version and run_id.",
)
@click.option(
    "--engine",
    type=click.Choice(["athena", "duckdb"]),
    help="Who answers: Athena, or on the local cloud DuckDB, if left out.",
)
@click.option("--show-sql", is_flag=True, help="Print what would be sent, and send nothing.")
@operator_options
def command(dataset: str, sql: str, engine: str | None, *, history: bool, show_sql: bool) -> None:
    """Print what SQL, a SELECT from DATASET, gives over the published rows.

    Of each key the row of the newest file counts, as in the table.
    """
    from sluice.rows.queries import answer, statement  # noqa: PLC0415  (pyarrow takes its time)

    cloud = open_cloud()
    published = PublishedTable.find(cloud, find_project(Path.cwd()), dataset)
    text = statement(published, sql, history=history)
    if show_sql:
        put(text)
        return
    by_athena = engine == "athena" or (engine is None and not cloud.is_local)
    found = answer(cloud, published, text, "athena" if by_athena else "duckdb")
    if settings().json:
        put_lines(json_array(dict(zip(found.columns, row, strict=True)) for row in found.rows))
    else:
        put_lines(table(found.columns, ([cell(value) for value in row] for row in found.rows)))
