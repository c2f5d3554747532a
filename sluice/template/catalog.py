"""A dataset's published rows as a table of the Glue catalog: names, types, and its declaration.

| Contract | Catalog |
| --- | --- |
| string, time, datetime | string, as in the file |
| date | date where its format is ISO's, else string |
| integer | bigint; decimal(digits,0) where more than 18 digits are declared |
| year | int |
| number | decimal(digits,decimals), which holds each accepted number exactly |
| boolean | boolean |

Partitions are projected: Athena knows the days that there can be, and nobody registers any.
Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html
Source: https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.contracts.contract import Contract
from pipeline.contracts.field import GENERATED_KEY, Field
from pipeline.contracts.numbers import USUAL_INTEGER_DIGITS
from pipeline.rows.items import META
from pipeline.rows.publication import PARTITION
from sluice.template.yaml_text import scalar

DATABASE = "PublishedDatabase"
ORIGIN_TYPE = "struct<version:string,run_id:string>"
FIRST_DAY = "2020-01-01"
"""Of the partitions; no file of a stack was dropped before it."""

_TYPES = {"integer": "bigint", "year": "int", "boolean": "boolean"}
_ISO_DATE = "%Y-%m-%d"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of the catalog, and the member of the rows that it shows."""

    name: str
    type: str
    member: str


def columns_of(contract: Contract) -> tuple[Column, ...]:
    """The columns in the contract's order, a generated key, then where each row comes from."""
    names = _column_names(field.name for field in contract.fields)
    columns = [
        Column(name=name, type=_type(field), member=field.name)
        for name, field in zip(names, contract.fields, strict=True)
    ]
    if contract.generated_key:
        columns.append(Column(name=GENERATED_KEY, type="string", member=GENERATED_KEY))
    return (*columns, Column(name=META, type=ORIGIN_TYPE, member=META))


def table_name(dataset: str) -> str:
    """The table of a dataset: Athena wants no hyphens.

    >>> table_name("order-lines")
    'order_lines'
    """
    return dataset.replace("-", "_")


def logical_id(dataset: str) -> str:
    """The table's name in the template.

    >>> logical_id("order-lines_2026")
    'OrderLines2026Published'
    """
    return "".join(word.capitalize() for word in re.split(r"[_-]+", dataset)) + "Published"


def declaration(contract: Contract) -> str:
    """The table as `template.yaml` declares it, with its last line's end."""
    return "".join(f"  {line}\n" for line in _lines(contract))


def _lines(contract: Contract) -> Iterator[str]:
    dataset, columns = contract.dataset, columns_of(contract)
    renamed = {f"mapping.{c.name}": c.member for c in columns if c.member.lower() != c.name}
    yield f"{logical_id(dataset)}:"
    yield "  Type: AWS::Glue::Table"
    yield "  Properties:"
    yield "    CatalogId: !Ref AWS::AccountId"
    yield f"    DatabaseName: !Ref {DATABASE}"
    yield "    TableInput:"
    yield f"      Name: {scalar(table_name(dataset))}"
    yield "      TableType: EXTERNAL_TABLE"
    yield "      Parameters:"
    yield "        classification: json"
    yield '        projection.enabled: "true"'
    yield f"        projection.{PARTITION}.type: date"
    yield f"        projection.{PARTITION}.format: yyyy-MM-dd"
    yield f'        projection.{PARTITION}.range: "{FIRST_DAY},NOW"'
    yield f"      PartitionKeys: [{{ Name: {PARTITION}, Type: date }}]"
    yield "      StorageDescriptor:"
    yield f'        Location: !Sub "s3://${{WorkBucket}}/published/{dataset}/"'
    yield "        InputFormat: org.apache.hadoop.mapred.TextInputFormat"
    yield "        OutputFormat: org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
    yield "        SerdeInfo:"
    yield "          SerializationLibrary: org.openx.data.jsonserde.JsonSerDe"
    if renamed:
        yield "          Parameters:"
        yield from (f"            {scalar(n)}: {scalar(member)}" for n, member in renamed.items())
    yield "        Columns:"
    for column in columns:
        yield f"          - {{ Name: {scalar(column.name)}, Type: {scalar(column.type)} }}"


def _column_names(fields: Iterable[str]) -> Iterator[str]:
    """Names of lower-case letters, digits and underscores, each of them once."""
    taken = {META, PARTITION}
    for field in fields:
        name = plain = re.sub(r"[^a-z0-9_]", "_", field.lower())
        number = 1
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name)
        yield name


def _type(field: Field) -> str:
    if field.type == "date":
        return "date" if field.layout == _ISO_DATE else "string"
    if field.number and (field.type == "number" or field.number.digits > USUAL_INTEGER_DIGITS):
        return f"decimal({field.number.digits},{field.number.decimals})"
    return _TYPES.get(field.type, "string")
