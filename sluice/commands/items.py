"""`sluice items DATASET`: what the table holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import click

from sluice.items import META, DatasetTable, scan
from sluice.options import open_cloud, operator_options, settings
from sluice.project import find_project
from sluice.render import cell, json_array, table


@click.command("items")
@click.argument("dataset")
@click.option("--meta", is_flag=True, help=f"With {META}: source version and run of each item.")
@click.option("--limit", type=click.IntRange(1), help="At most so many items.")
@operator_options
def command(dataset: str, limit: int | None, *, meta: bool) -> None:
    """Print the items of DATASET's table, in no particular order."""
    cloud = open_cloud()
    source = DatasetTable.find(cloud, find_project(Path.cwd()), dataset)
    items = islice(scan(cloud, source, meta=meta), limit)
    fields = [*source.fields, META] if meta else list(source.fields)
    for line in json_array(items) if settings().json else _table(fields, items):
        click.echo(line)


def _table(fields: list[str], items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return table(fields, ([cell(item.get(field)) for field in fields] for item in items))
