"""`sluice items DATASET`: what the table holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.rows.formulas import disarmed
from sluice.options import open_cloud, operator_options, settings
from sluice.rows.items import META, DatasetTable, scan
from sluice.stack.cloud import Cloud
from sluice.stack.project import find_project
from sluice.terminal.output import put, put_lines, say
from sluice.terminal.render import cell, json_array, json_text, table

if TYPE_CHECKING:
    from sluice.rows.exports import Target


@click.command("items")
@click.argument("dataset")
@click.option("--meta", is_flag=True, help=f"With {META}: source version and run of each item.")
@click.option("--limit", type=click.IntRange(1), help="At most so many items.")
@click.option(
    "--out",
    metavar="FILE",
    help="Write FILE instead, typed by the contract: .parquet, .csv, .json or .jsonl, or s3://….",
)
@click.option(
    "--spreadsheet",
    is_flag=True,
    help="With --out FILE.csv: texts that a spreadsheet would take for formulas begin with '.",
)
@operator_options
def command(
    dataset: str, limit: int | None, out: str | None, *, meta: bool, spreadsheet: bool
) -> None:
    """Print the items of DATASET's table, in the order in which DynamoDB holds them."""
    if out and meta:
        raise click.UsageError(f"--out writes the contract's columns, which {META} is none of")
    target = _target(out) if out else None
    if spreadsheet and (target is None or target.format != "csv"):
        raise click.UsageError("--spreadsheet is about CSV: add --out FILE.csv")
    cloud = open_cloud()
    source = DatasetTable.find(cloud, find_project(Path.cwd()), dataset)
    items = islice(scan(cloud, source, meta=meta), limit)
    if target:
        _export(cloud, source, map(_disarmed, items) if spreadsheet else items, target)
        return
    names = source.contract.field_names
    fields = [*names, META] if meta else list(names)
    put_lines(json_array(items) if settings().json else _table(fields, items))


def _table(fields: list[str], items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return table(fields, ([cell(item.get(field)) for field in fields] for item in items))


def _disarmed(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {n: disarmed(value) if isinstance(value, str) else value for n, value in item.items()}


def _target(out: str) -> Target:
    from sluice.rows.exports import Target  # noqa: PLC0415  (pandas takes half a second)

    return Target.parse(out)


def _export(
    cloud: Cloud, source: DatasetTable, items: Iterable[Mapping[str, Any]], target: Target
) -> None:
    from sluice.rows.exports import export  # noqa: PLC0415  (other uses start faster without)

    done = export(cloud, items, source.contract.fields, target)
    say(f"{done.file}: {done.rows:,} rows, {done.bytes:,} bytes")
    if settings().json:
        put(json_text(asdict(done)))
