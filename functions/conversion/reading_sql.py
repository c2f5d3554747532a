"""Two ways to read the records of a split in SQL: DuckDB's own reader, and line by line.

DuckDB's reader is fast and right for texts whose quotes are in order, if asked the right way: by
one thread and not strictly it sees quoted line ends, blank lines and line ends of both kinds as
the validator does; a column more than the header has catches surplus fields; a null text that no
file holds tells a missing field from an empty one. It lets stray quotes pass; texts with such are
read line by line, which is exact because no record of them spans lines.
Measured in docs/decisions/0063-one-engine-on-splits.md.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conversion.sql_text import text
from pipeline.contracts.rules import Rules
from pipeline.text.content_scan import BLOCK_BYTES, MAX_RECORD_BYTES

_NO_NULL = "\x1d\x1e\x1d no value \x1d\x1e\x1d"
_MAX_LINE_BYTES = MAX_RECORD_BYTES + 2 * BLOCK_BYTES
_BUFFER_BYTES = 8 * 1024 * 1024
"""What the reader holds at a time; above the longest line."""


def native_sql(path: Path, rules: Rules, columns: Sequence[str | None]) -> str:
    """Return the relation of `c0`, `c1`, … and `fits`, by DuckDB's CSV reader."""
    width = len(columns)
    reader = _read_csv(
        path,
        columns={f"c{position}": "VARCHAR" for position in range(width + 1)},
        delim=rules["delimiter"],
        quote=rules["quote"],
        escape=rules["quote"],
    )
    fits = f"c{width - 1} IS NOT NULL AND c{width} IS NULL"
    cells = ", ".join(f"c{n}" for n in range(width))
    return f"(SELECT {cells}, {fits} AS fits FROM {reader})"


def lines_sql(path: Path, rules: Rules, columns: Sequence[str | None], absent: str) -> str:
    """Return the same relation from a text of one record a line, whatever its quotes and fields.

    `absent` is a character that the text does not hold: where no delimiter is, lines stay whole.
    """
    reader = _read_csv(
        path, columns={"line": "VARCHAR", "rest": "VARCHAR"}, delim=absent, quote="", escape=""
    )
    split = f"(SELECT {_cells(rules)} AS cells FROM {reader})"
    cells = ", ".join(f"cells[{n + 1}] AS c{n}" for n in range(len(columns)))
    return f"(SELECT {cells}, len(cells) = {len(columns)} AS fits FROM {split})"


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
    always = {
        "auto_detect": False,
        "header": False,
        "skip": 1,
        "nullstr": _NO_NULL,
        "null_padding": True,
        "strict_mode": False,
        "parallel": False,
        "max_line_size": _MAX_LINE_BYTES,
        "buffer_size": _BUFFER_BYTES,
    }
    given = ", ".join(
        f"{name} = {_literal(value)}" for name, value in {**always, **options}.items()
    )
    return f"read_csv({text(str(path))}, {given})"


def _literal(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(k)}: {text(v)}" for k, v in value.items()) + "}"
    return text(value) if isinstance(value, str) else str(value).lower()
