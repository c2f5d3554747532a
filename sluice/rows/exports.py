"""Write the items of a table into one file, here or on S3, typed by the contract.

Parquet and CSV come from Arrow columns, JSON from the items themselves, because no data frame
writes a Decimal into JSON exactly. Files are written chunk by chunk; what goes to S3 is a file here
first, so that an object appears whole and no table has to fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import click
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from pipeline.contracts.field import Field
from pipeline.layout import split_uri
from sluice.rows.typed_columns import Item, schema_of, typed_table
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import OperatorError
from sluice.terminal.render import json_array, json_text

FORMATS = ("parquet", "csv", "json", "jsonl")

# Rows that are in memory at once where a file can grow chunk by chunk.
CHUNK_ROWS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where a file goes and in which format."""

    name: str
    format: str

    @classmethod
    def parse(cls, name: str) -> Self:
        """Read a path or an `s3://` URI.

        Raises:
            click.BadParameter: the format is unknown, or there is no such place.
        """
        ending = name.rpartition("/")[2].rpartition(".")[2].lower()
        if "." not in name or ending not in FORMATS:
            raise click.BadParameter(f"{name} must end in .{', .'.join(FORMATS)}")
        target = cls(name=name, format=ending)
        if target.is_on_s3 and not all(name.removeprefix("s3://").partition("/")):
            raise click.BadParameter(f"{name} must be s3://BUCKET/KEY")
        if not target.is_on_s3 and (not Path(name).parent.is_dir() or Path(name).is_dir()):
            raise click.BadParameter(f"{name}: there is no such folder, or it is a folder itself")
        return target

    @property
    def is_on_s3(self) -> bool:
        """Whether it is an object rather than a file here."""
        return self.name.startswith("s3://")


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """What was written."""

    file: str
    rows: int
    bytes: int


class _Counted:
    """Items on their way, counted."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = items
        self.rows = 0

    def __iter__(self) -> Iterator[Item]:
        for item in self._items:
            self.rows += 1
            yield item


def export(cloud: Cloud, items: Iterable[Item], fields: Sequence[Field], target: Target) -> Export:
    """Write the items; the file appears whole or not at all.

    Raises:
        OperatorError: an item does not fit the contract's types, or the file cannot be written.
    """
    counted = _Counted(items)
    if not target.is_on_s3:
        size = _write_here(counted, fields, Path(target.name), target.format)
        return Export(file=target.name, rows=counted.rows, bytes=size)
    _write_to_s3(cloud, counted, fields, target)
    bucket, key = split_uri(target.name)
    size = cloud.s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
    return Export(file=target.name, rows=counted.rows, bytes=size)


def _write_to_s3(
    cloud: Cloud, items: Iterable[Item], fields: Sequence[Field], target: Target
) -> None:
    bucket, key = split_uri(target.name)
    with TemporaryDirectory() as folder:
        file = Path(folder, "items")
        _write_here(items, fields, file, target.format)
        with file.open("rb") as body:
            cloud.s3.upload_fileobj(body, bucket, key)


def _write_here(items: Iterable[Item], fields: Sequence[Field], path: Path, ending: str) -> int:
    """The size in bytes of the file, which takes the place of an older one when it is whole."""
    write = {"parquet": _write_parquet, "csv": _write_csv}.get(ending)
    part = path.with_name(f".{path.name}.part")
    try:
        if write:
            write(_tables(items, fields), fields, part)
        else:
            _write_json(items, part, lines=ending == "jsonl")
        part.replace(path)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return path.stat().st_size


def _write_parquet(tables: Iterable[pa.Table], fields: Sequence[Field], path: Path) -> None:
    with parquet.ParquetWriter(path, schema_of(fields)) as writer:
        for table in tables:
            writer.write_table(table)


def _write_csv(tables: Iterable[pa.Table], fields: Sequence[Field], path: Path) -> None:
    head = schema_of(fields).empty_table()
    with path.open("w", encoding="utf-8", newline="") as stream:
        for number, table in enumerate(chain([head], tables)):
            _frame(table).to_csv(stream, index=False, header=number == 0, lineterminator="\n")


def _write_json(items: Iterable[Item], path: Path, *, lines: bool) -> None:
    texts = map(json_text, items) if lines else json_array(items)
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(f"{text}\n" for text in texts)


def _tables(items: Iterable[Item], fields: Sequence[Field]) -> Iterator[pa.Table]:
    stream = iter(items)
    while chunk := list(islice(stream, CHUNK_ROWS)):
        yield typed_table(chunk, fields)


def _frame(table: pa.Table) -> pd.DataFrame:
    """A frame whose columns stay Arrow's, so that no integer with a gap becomes a float."""
    return table.to_pandas(types_mapper=pd.ArrowDtype)
