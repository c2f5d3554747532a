"""A file as it was read, in the words of a contract: encoding, dialect, rows and columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sluice.contracts.encodings import UTF_8, Encoding
from sluice.contracts.layout import Layout, footer_pattern
from sluice.contracts.reading import Speech

Members = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Readable:
    """A file as it was read; `rows_left` if there are more rows than were looked at."""

    encoding: Encoding
    speech: Speech
    layout: Layout
    rows_left: bool

    @property
    def named(self) -> list[str]:
        """The names of columns that can be fields: there is one, and no other column has it."""
        counted = Counter(name.casefold() for name in self.layout.names)
        return [name for name in self.layout.names if name and counted[name.casefold()] == 1]


def dialect_members(file: Readable) -> tuple[str, Members, Members, Members]:
    """Return a contract's `encoding` and `dialect`, and its members of `sluice` and `schema`."""
    speech, layout = file.speech, file.layout
    dialect: Members = {"delimiter": speech.delimiter, "quoteChar": speech.quote}
    dialect["header"] = bool(layout.header)
    if speech.escape:
        dialect.update(escapeChar=speech.escape, doubleQuote=False)
    if speech.comment:
        dialect["commentChar"] = speech.comment
    if speech.skips_blanks:
        dialect["skipInitialSpace"] = True
    if speech.line_end == "\r":
        dialect["lineTerminator"] = "\r"
    lines = [record.line for record in layout.header]
    if lines and lines != [1]:
        dialect["headerRows"] = lines
    match = {} if len(file.named) == layout.width else {"fieldsMatch": "subset"}
    return file.encoding.name, dialect, dict(_rows(file)), match


def _rows(file: Readable) -> Iterator[tuple[str, Any]]:
    layout = file.layout
    if layout.has_invisible_names:
        yield "header_ignores", ["invisible"]
    if layout.footer:
        pattern = footer_pattern(layout.footer, file.speech.delimiter, file.speech.quote)
        yield "footer_rows", pattern
    if layout.has_empty_rows:
        yield "empty_rows", "skip"
    widths = {len(record.cells) for record in layout.rows}
    if any(width < layout.width for width in widths):
        yield "short_rows", "fill"
    if any(
        len(record.cells) > layout.width and not any(record.cells[layout.width :])
        for record in layout.rows
    ):
        yield "long_rows", "trim"


def remarks_on(file: Readable) -> Iterator[str]:
    """Say what was taken for granted about the file."""
    encoding, layout = file.encoding, file.layout
    if encoding.rival:
        yield (
            f"the file is not UTF-8, and may be {encoding.name} as well as {encoding.rival}, which"
            " read other letters: look at its accents, and say which by --encoding"
        )
    elif not encoding.is_certain and encoding.name != UTF_8:
        yield (
            f"the file is not UTF-8; it reads best as {encoding.name}:"
            " look at its accents, or say --encoding"
        )
    if file.rows_left:
        yield f"only the first {len(layout.rows):,} rows were looked at: more by --rows"
    if not layout.header:
        yield "no header: line 1 looks like a row; the columns are named by position, rename them"
    if len(layout.header) > 1:
        lines = ", ".join(str(record.line) for record in layout.header)
        yield f"lines {lines} are read together as the header; say dialect.headerRows otherwise"
    elif layout.header and layout.header[0].line > 1:
        yield f"line {layout.header[0].line} is the header; what stands above it is left out"
    for record in layout.footer:
        text = next((cell for cell in record.cells if cell.strip()), "")
        if text:
            yield f"line {record.line} ({text[:40]!r}) is taken for a footer: sluice.footer_rows"
    yield from _columns_left_out(file)


def _columns_left_out(file: Readable) -> Iterator[str]:
    named = set(file.named)
    for at, name in enumerate(file.layout.names):
        if name in named:
            continue
        is_filled = any(at < len(r.cells) and r.cells[at].strip() for r in file.layout.rows)
        if is_filled:
            why = f"has the name of another one ({name!r})" if name else "has no name"
            yield (
                f"column {at + 1} {why} and is left out, with its values (schema.fieldsMatch):"
                " name it in the file"
            )


def loses_values(file: Readable) -> bool:
    """Tell whether columns with values are left out."""
    return any(True for _ in _columns_left_out(file))
