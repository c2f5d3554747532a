"""A first draft of a contract from the rows of a file: the strictest types that all cells meet.

A draft is a question, not an answer: a person decides what is required, what the key is, and when
the gate asks. Texts with leading zeros stay strings, because `007` is rarely a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from pipeline import forms
from pipeline.byte_source import LocalFile
from pipeline.content_scan import scan_content
from pipeline.contract import Contract
from pipeline.csv_lines import read_record
from pipeline.dialect import Dialect
from pipeline.field import NUMERIC
from pipeline.file_text import text_of
from pipeline.header_rows import BOM
from pipeline.object_check import MAGIC_BYTES, judge_object

SAMPLE_ROWS = 10_000
MAX_KEY_CANDIDATES = 20
"""Columns of which pairs are tried as a key: keys stand in front."""
_DELIMITERS = (",", ";", "\t", "|")
_LEADING_ZERO = re.compile(r"[+-]?0[0-9]+")
_TYPES = (
    ("integer", forms.INTEGER),
    ("number", forms.NUMBER),
    ("boolean", "true|false|True|False|TRUE|FALSE"),
    ("date", forms.temporal_form("date", forms.DEFAULT_FORMATS["date"])),
    ("datetime", forms.temporal_form("datetime", forms.DEFAULT_FORMATS["datetime"])),
    ("time", forms.temporal_form("time", forms.DEFAULT_FORMATS["time"])),
)


def draft(path: Path, name: str) -> dict[str, Any]:
    """Return a contract that the first rows of a file meet.

    Raises:
        FileRefusedError: The file is no CSV that the pipeline could read.
        ContractError: Its header cannot be the fields of a contract.
    """
    source = LocalFile(path)
    compression = judge_object(path.name, source.size_bytes, source.read(0, MAGIC_BYTES))
    first = next(iter(text_of(source, compression))).removeprefix(BOM)
    dialect = Dialect(delimiter=_delimiter(first), quote='"')
    scan_content(text_of(source, compression), dialect)
    header, *rows = _sample(first, dialect)
    names = [cell.strip(" \t") for cell in header]
    columns = [[row[n] for row in rows if len(row) == len(names)] for n in range(len(names))]
    fields = [_field(n, cells) for n, cells in zip(names, columns, strict=True)]
    document = {
        "name": name,
        "encoding": "utf-8",
        "dialect": {"delimiter": dialect.delimiter, "quoteChar": dialect.quote, "header": True},
        "schema": {
            "fields": fields,
            "primaryKey": _key(names, fields, columns),
            "missingValues": [""],
        },
        "sluice": {
            "table": f"{name.title().replace('_', '').replace('-', '')}Table",
            "write_mode": "newer-wins",
            "on_duplicate_key": "reject",
            "extra_columns": "reject",
            "quality": {"ask_above": {"rows": 0}},
        },
    }
    Contract.parse(document)
    return document


def _delimiter(text: bytes) -> str:
    """Return the delimiter that cuts the first line into most cells."""
    line = text.partition(b"\n")[0]
    return max(_DELIMITERS, key=lambda delimiter: line.count(delimiter.encode()))


def _sample(text: bytes, dialect: Dialect) -> Iterator[list[str]]:
    """Return the cells of the first records that stand on one line each."""
    lines = text.split(b"\n", SAMPLE_ROWS + 1)[: SAMPLE_ROWS + 1]
    for line in lines:
        record = line.removesuffix(b"\r").decode(errors="replace")
        cells = read_record(record, dialect.delimiter, dialect.canonical_quote) if record else None
        if cells is not None:
            yield cells


def _field(name: str, cells: Sequence[str]) -> dict[str, Any]:
    present = [cell for cell in cells if cell]
    constraints = {"required": True} if cells and len(present) == len(cells) else {}
    field: dict[str, Any] = {"name": name, "type": _type(present)}
    return {**field, "constraints": constraints} if constraints else field


def _type(texts: Sequence[str]) -> str:
    if not texts:
        return "string"
    is_code = any(_LEADING_ZERO.fullmatch(text) for text in texts)
    candidates = [(k, f) for k, f in _TYPES if not (is_code and k in NUMERIC)]
    for kind, form in candidates:
        if all(map(re.compile(form).fullmatch, texts)):
            return kind
    return "string"


def _key(
    names: Sequence[str], fields: Sequence[dict[str, Any]], columns: Sequence[Sequence[str]]
) -> str | list[str]:
    """Return the first column, or pair of columns, by which all rows differ; else the first one."""
    full = [
        (name, cells)
        for name, field, cells in zip(names, fields, columns, strict=True)
        if field.get("constraints", {}).get("required", False) and field["type"] != "boolean"
    ][:MAX_KEY_CANDIDATES]
    for name, cells in full:
        if len(set(cells)) == len(cells):
            return name
    for (name, cells), (other, others) in combinations(full, 2):
        if len(set(zip(cells, others, strict=True))) == len(cells):
            return [name, other]
    return names[0]
