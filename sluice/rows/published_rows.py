"""Published rows as Arrow tables of the catalog's types, exact to the last digit."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from pipeline.rows.publication import PARTITION, unpacked
from sluice.rows.catalog import PublishedTable
from sluice.stack.cloud import Cloud
from stores.published import Published

_ORIGIN = pa.struct([("version", pa.string()), ("run_id", pa.string())])
_TYPES = {
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "int": pa.int32(),
    "string": pa.string(),
    "struct<version:string,run_id:string>": _ORIGIN,
}


def arrow_tables(cloud: Cloud, table: PublishedTable) -> Iterator[pa.Table]:
    """The published parts of a dataset, one table each; an empty one before all others."""
    schema = _schema(table)
    yield schema.empty_table()
    for publication in Published(cloud.s3, cloud.stack.work_bucket).publications(table.dataset):
        for part in publication.parts:
            body = cloud.s3.get_object(Bucket=cloud.stack.work_bucket, Key=part.key)["Body"].read()
            day = part.key.partition(f"{PARTITION}=")[2].partition("/")[0]
            yield _read(unpacked(part.key, body), table, schema, day)


def _schema(table: PublishedTable) -> pa.Schema:
    columns = (*table.columns, table.partition)
    return pa.schema([(column.name, _type(column.type)) for column in columns])


def _read(rows: bytes, table: PublishedTable, schema: pa.Schema, day: str) -> pa.Table:
    """Return a part's rows; Arrow reads numbers by their digits, and dates as texts."""
    if not rows:
        return schema.empty_table()
    wire = pa.schema([(c.member, _wire_type(c.type)) for c in table.columns])
    found = arrow_json.read_json(
        io.BytesIO(rows),
        read_options=arrow_json.ReadOptions(block_size=len(rows), use_threads=False),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=wire, unexpected_field_behavior="ignore"
        ),
    )
    day_column = pa.array([day] * found.num_rows, pa.string())
    columns = [*(found.column(c.member) for c in table.columns), day_column]
    typed = [pc.cast(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(typed, schema=schema)


def _wire_type(kind: str) -> pa.DataType:
    return pa.string() if kind == "date" else _type(kind)


def _type(kind: str) -> pa.DataType:
    """Return Arrow's type for one of the catalog's.

    >>> _type("decimal(29,9)")
    Decimal128Type(decimal128(29, 9))
    """
    if kind.startswith("decimal("):
        return pa.decimal128(*map(int, kind[len("decimal(") : -1].split(",")))
    return _TYPES[kind]
