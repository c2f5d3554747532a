"""Two ways to read records in SQL: DuckDB's own reader, and line by line.

DuckDB's reader is fast and right for files whose quotes are in order, if asked the right way: a
column more than the header has catches a surplus field, a null text that no file holds tells a
missing field from an empty one. It stops at a row with two surplus fields and lets stray quotes
pass; such files are read line by line. Measured in docs/decisions/0030-small-path.md.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conversion.judging_sql import text
from conversion.records import Records
from pipeline.content_scan import BLOCK_BYTES, MAX_RECORD_BYTES
from pipeline.rules import Rules

_NO_NULL = "\x1d\x1e\x1d no value \x1d\x1e\x1d"
_MAX_LINE_BYTES = MAX_RECORD_BYTES + 2 * BLOCK_BYTES


def native_sql(records: Records, rules: Rules, columns: Sequence[str | None]) -> str:
    """Return the relation of `c0`, `c1`, … and `fits`, by DuckDB's CSV reader."""
    width = len(columns)
    types = {f"c{position}": "VARCHAR" for position in range(width + 1)}
    reader = _read_csv(
        records.path,
        columns=types,
        delim=rules["delimiter"],
        quote=rules["quote"],
        escape=rules["quote"],
        null_padding=True,
    )
    fits = f"c{width - 1} IS NOT NULL AND c{width} IS NULL"
    cells = [_restored(records, f"c{n}") + f" AS c{n}" for n in range(width)]
    return f"(SELECT {', '.join(cells)}, {fits} AS fits FROM {reader})"


def lines_sql(records: Records, rules: Rules, columns: Sequence[str | None]) -> str:
    """Return the same relation, from rewritten records, whatever their quotes and fields."""
    reader = _read_csv(
        records.path,
        columns={"line": "VARCHAR"},
        delim=records.absent or "",
        quote="",
        escape="",
        max_line_size=_MAX_LINE_BYTES,
    )
    split = f"(SELECT {_cells(rules)} AS cells FROM {reader})"
    cells = ", ".join(f"cells[{n + 1}] AS c{n}" for n in range(len(columns)))
    return f"(SELECT {cells}, len(cells) = {len(columns)} AS fits FROM {split})"


def _restored(records: Records, column: str) -> str:
    """Return a column with the line ends inside quotes as they stood in the file."""
    if records.line_feed is None or records.carriage_return is None:
        return column
    with_feeds = f"replace({column}, {text(records.line_feed)}, chr(10))"
    return f"replace({with_feeds}, {text(records.carriage_return)}, chr(13))"


def _cells(rules: Rules) -> str:
    """Return the expression that cuts `line` into cells; none if a quote is stray."""
    quote, delimiter = rules["quote"], rules["delimiter"]
    q, d = quote, f"\\x{ord(delimiter):02x}"
    field = f"(?:{q}(?:[^{q}]|{q}{q})*{q}|[^{q}{d}]*)"
    whole = text(f"(?:{d}{field})*")
    each = text(f"{d}({field})")
    line = f"({text(delimiter)} || line)"
    inner = f"replace(substr(x, 2, length(x) - 2), {text(q + q)}, {text(q)})"
    unquoted = f"CASE WHEN starts_with(x, {text(q)}) THEN {inner} ELSE x END"
    return (
        f"CASE WHEN NOT contains(line, {text(q)}) THEN string_split(line, {text(delimiter)})"
        f" WHEN regexp_full_match({line}, {whole}, 's')"
        f" THEN list_transform(regexp_extract_all({line}, {each}, 1, 's'), lambda x: {unquoted})"
        " ELSE [] END"
    )


def _read_csv(path: Path, **options: Any) -> str:
    always = {"auto_detect": False, "header": False, "skip": 1, "nullstr": _NO_NULL}
    given = ", ".join(
        f"{name} = {_literal(value)}" for name, value in {**always, **options}.items()
    )
    return f"read_csv({text(str(path))}, {given})"


def _literal(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(k)}: {text(v)}" for k, v in value.items()) + "}"
    return text(value) if isinstance(value, str) else str(value).lower()
