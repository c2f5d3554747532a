"""How a program writes a table into a file: delimiters, quotes, line ends, encoding, packing."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.files.columns import Column

GZIP_MEMBER_BYTES = 1500


@dataclass(frozen=True, kw_only=True, slots=True)
class Dress:
    """One program's way of writing; what is left out is that of RFC 4180."""

    delimiter: str = ","
    quote: str = '"'
    quoted: Literal["where needed", "always", "never"] = "where needed"
    escape: str = ""
    """What stands before a quote inside quotes; a quote itself if empty."""
    line_end: str = "\n"
    encoding: str = "utf-8"
    before: tuple[str, ...] = ()
    """Lines above the header, as they stand."""
    after: tuple[str, ...] = ()
    """Lines below the rows, as they stand."""
    header: bool = True
    header_lines: tuple[str, ...] = ()
    """What stands in place of the columns' names, where that is another text."""
    below_header: tuple[str, ...] = ()
    every_tenth: tuple[str, ...] = ()
    """Lines that stand after each tenth row."""
    left: str = ""
    right: str = ""
    """What stands around each line of cells."""
    ends_open: bool = False
    """The last line has no end."""
    pack: Literal["", "gz", "gz members", "zip"] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file of the collection: its bytes, and what its rows mean.

    `mend` is what a person makes of the draft who does what its remarks say: options of the
    command by their names, or members of the contract by their paths. `is_refused` files hold
    nothing that could be loaded.
    """

    name: str
    kind: str
    content: bytes
    columns: tuple[Column, ...] = ()
    dress: Dress = field(default_factory=Dress)
    mend: dict[str, object] = field(default_factory=dict)
    is_refused: bool = False

    @property
    def rows(self) -> int:
        return len(self.columns[0].meant) if self.columns else 0


def file(
    kind: str,
    name: str,
    columns: Sequence[Column],
    dress: Dress | None = None,
    mend: dict[str, object] | None = None,
) -> File:
    dress = dress or Dress()
    return File(
        name=name,
        kind=kind,
        content=_packed(_text(columns, dress).encode(dress.encoding), name, dress),
        columns=tuple(columns),
        dress=dress,
        mend=mend or {},
    )


def refused(kind: str, name: str, content: bytes) -> File:
    return File(name=name, kind=kind, content=content, is_refused=True)


def _text(columns: Sequence[Column], dress: Dress) -> str:
    lines = list(dress.before)
    if dress.header_lines:
        lines += dress.header_lines
    elif dress.header:
        lines.append(_line([column.name for column in columns], dress))
    lines += dress.below_header
    for number, row in enumerate(zip(*(column.texts for column in columns), strict=True), 1):
        lines.append(_line(row, dress))
        lines += dress.every_tenth if number % 10 == 0 else ()
    lines += dress.after
    return dress.line_end.join(lines) + ("" if dress.ends_open else dress.line_end)


def _line(cells: Sequence[str], dress: Dress) -> str:
    return dress.left + dress.delimiter.join(_cell(cell, dress) for cell in cells) + dress.right


def _cell(text: str, dress: Dress) -> str:
    marks = (dress.delimiter, dress.quote, "\n", "\r")
    is_quoted = dress.quoted == "always" or (
        dress.quoted == "where needed" and any(mark in text for mark in marks)
    )
    if not is_quoted:
        return text
    if dress.escape:
        text = text.replace(dress.escape, dress.escape * 2)
    inner = text.replace(dress.quote, (dress.escape or dress.quote) + dress.quote)
    return f"{dress.quote}{inner}{dress.quote}"


def _packed(text: bytes, name: str, dress: Dress) -> bytes:
    if dress.pack == "gz":
        return gzip.compress(text, mtime=0)
    if dress.pack == "gz members":
        pieces = range(0, len(text), GZIP_MEMBER_BYTES)
        return b"".join(gzip.compress(text[n : n + GZIP_MEMBER_BYTES], mtime=0) for n in pieces)
    if dress.pack == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(name.removesuffix(".zip")), text)
        return packed.getvalue()
    return text
