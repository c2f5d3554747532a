"""Rows written in a dialect, cell by cell: slow, and plainly right."""

from __future__ import annotations

from pipeline.contracts.dialect import Dialect

WRITABLE = [
    Dialect(delimiter="||", quote='"'),
    Dialect(delimiter=";;;", quote="'"),
    Dialect(delimiter=",", quote='"', escape="\\", double_quote=False),
    Dialect(delimiter=",", quote='"', escape="\\"),
    Dialect(delimiter="\t", quote=None),
    Dialect(delimiter="\t", quote=None, escape="\\"),
    Dialect(delimiter=",", quote='"', skip_initial_space=True),
    Dialect(delimiter=";", quote='"', comment="#"),
    Dialect(delimiter="|", quote="'", comment="#", skip_initial_space=True),
    Dialect(delimiter="é", quote='"'),
]


def written(row: list[str], dialect: Dialect) -> str | None:
    """Return a row as one record without its line end; None if the dialect cannot hold it."""
    cells = [_cell(cell, dialect, is_first=number == 0) for number, cell in enumerate(row)]
    if None in cells:
        return None
    line = dialect.delimiter.join(cell or "" for cell in cells)
    is_remark = dialect.comment is not None and line.startswith(dialect.comment)
    return None if is_remark or not line.strip("\r\n") else line


def _cell(cell: str, dialect: Dialect, *, is_first: bool) -> str | None:
    quote, escape, delimiter = dialect.quote, dialect.escape, dialect.delimiter
    specials = {*delimiter, "\n", "\r", quote, escape}
    is_padded = cell.startswith(" ") and dialect.skip_initial_space
    is_remark = is_first and dialect.comment is not None and cell.startswith(dialect.comment)
    if not (specials & set(cell) or is_padded or is_remark):
        return cell
    if quote:
        return quote + _inside_quotes(cell, dialect) + quote
    if not escape or "\r" in cell:
        return None
    return "".join(f"{escape}{c}" if c in specials else c for c in cell)


def _inside_quotes(cell: str, dialect: Dialect) -> str:
    quote, escape = dialect.quote or "", dialect.escape
    if escape:
        cell = cell.replace(escape, escape * 2)
    return cell.replace(quote, quote * 2 if dialect.double_quote else f"{escape}{quote}")
