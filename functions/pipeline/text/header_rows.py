"""The names of columns out of the first lines of a file, as its contract says where they stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from pipeline.contracts.dialect import Dialect
from pipeline.errors import FileRefusedError
from pipeline.text.decoding import decoded_head, name_of
from pipeline.text.object_check import GZIP, refuse_foreign
from pipeline.text.record_reader import RecordReader

MAX_HEADER_BYTES = 256 * 1024
"""How many bytes the lines up to the header may have, and `header_rows` wants to see."""

BOM = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SEPARATOR_LINE = "sep="


@dataclass(frozen=True, kw_only=True, slots=True)
class HeaderRows:
    """The first lines of a file and what they say about its columns."""

    lines: tuple[str, ...]
    """All lines that were read, without line ends."""
    head_lines: int
    """How many of them stand in front of the first record."""
    rows: tuple[str, ...]
    """The lines of the header; none if the contract says that there is no header."""
    names: tuple[str, ...] | None
    """The names of the columns; None if cells cannot be told apart."""
    number: int
    """The line of the header, or of its last row."""


def header_rows(head: bytes, dialect: Dialect) -> HeaderRows:
    """Return the header out of the first (decompressed) bytes of a file.

    Raises:
        FileRefusedError: `empty`, `encoding`, `utf16`, `nul_bytes`, `header_too_long`,
            `carriage_return`, `blank_first_line`, `no_header`, `delimiter`, or a kind of file.
    """
    lines = tuple(_lines(head, dialect))
    rows, head_lines = _find_rows(lines, dialect)
    if len(rows) < len(dialect.header_rows):
        message = (
            f"the file ends before line {dialect.header_rows[-1]}, where `dialect.headerRows` has"
            " the header"
        )
        raise FileRefusedError("no_header", message)
    for number, line in rows.items():
        _refuse_line(number, line)
    return HeaderRows(
        lines=lines,
        head_lines=head_lines,
        rows=tuple(rows.values()),
        names=_names(list(rows.values()), dialect),
        number=max(rows, default=0),
    )


def _find_rows(lines: Sequence[str], dialect: Dialect) -> tuple[dict[int, str], int]:
    """Return the header's lines by number, and how many lines stand before the first record.

    Neither a `sep=` line nor remarks count as lines, where `headerRows` names one.
    """
    last = max(dialect.header_rows, default=0)
    rows: dict[int, str] = {}
    counted = head_lines = 0
    for number, line in enumerate(lines, start=1):
        is_remark = dialect.comment is not None and line.startswith(dialect.comment)
        if (number == 1 and _is_separator_line(line, dialect)) or (is_remark and counted < last):
            head_lines = number
            continue
        counted += 1
        if counted > last:
            break
        head_lines = number
        if counted in dialect.header_rows:
            rows[number] = line
    return rows, head_lines


def read_names(line: str, dialect: Dialect) -> tuple[str, ...] | None:
    """Return the cells of one line without blanks around them."""
    cells = RecordReader(dialect).cells(line)
    return None if cells is None else tuple(cell.strip(" \t") for cell in cells)


def _lines(head: bytes, dialect: Dialect) -> Iterator[str]:
    """Return the lines that are whole; the last one may lack its end only if the file does."""
    text = _text(head, dialect)
    if not text.strip("\r\n"):
        raise FileRefusedError("empty", "the file has only line ends: at least a header is needed")
    *lines, rest = text.split("\n")
    yield from (line.removesuffix("\r") for line in lines)
    is_cut = len(head) >= MAX_HEADER_BYTES - len(BOM)
    if not is_cut and rest:
        yield rest
    elif is_cut and len(lines) < max(dialect.header_rows, default=0):
        _refuse_line(len(lines) + 1, rest)
        message = f"line {len(lines) + 1} is longer than {MAX_HEADER_BYTES} bytes"
        raise FileRefusedError("header_too_long", message)


def _text(head: bytes, dialect: Dialect) -> str:
    refuse_foreign(head)
    if head.startswith(GZIP):
        message = "the file is compressed twice (gzip in gzip or ZIP): compress it once"
        raise FileRefusedError("gzip_in_gzip", message)
    is_wide = dialect.encoding.startswith(("utf-16", "utf-32"))
    if not is_wide and head.startswith(_WIDE_MARKS):
        message = (
            'the file is encoded in UTF-16: declare "encoding": "utf-16" in the contract, or save'
            " the file as CSV in UTF-8"
        )
        raise FileRefusedError("utf16", message)
    if is_wide and b"\0" not in head:  # a line feed alone has one
        message = (
            f"the file is not {name_of(dialect.encoding)}: it has no zero bytes; save it so, or"
            " declare its true `encoding` in the contract"
        )
        raise FileRefusedError("encoding", message)
    if not is_wide and b"\0" in head:
        message = (
            'the file has NUL bytes: if it is UTF-16, declare "encoding": "utf-16" in the contract,'
            " or save the file as CSV in UTF-8"
        )
        raise FileRefusedError("nul_bytes", message)
    return decoded_head(head, dialect)


def _is_separator_line(line: str, dialect: Dialect) -> bool:
    """Tell whether a line declares the delimiter, as Excel writes and reads it.

    Raises:
        FileRefusedError: `delimiter`: it contradicts the contract.
    """
    name, declared = line[: len(_SEPARATOR_LINE)].lower(), line[len(_SEPARATOR_LINE) :]
    if name != _SEPARATOR_LINE:
        return False
    if declared != dialect.delimiter:
        message = (
            f"line 1 says that cells are separated by {declared!r}, the contract says"
            f" {dialect.delimiter!r}: mend the line or `dialect.delimiter`"
        )
        raise FileRefusedError("delimiter", message)
    return True


def _refuse_line(number: int, line: str) -> None:
    if "\r" in line:
        message = (
            'lines end in a lone carriage return: declare "dialect": {"lineTerminator": "\\r"} in'
            " the contract, or save the file with LF or CRLF line ends"
        )
        raise FileRefusedError("carriage_return", message)
    if not line:
        message = (
            f"line {number} is blank where the header must be: remove it, or declare the header's"
            " line in `dialect.headerRows`"
        )
        raise FileRefusedError("blank_first_line", message)


def _names(rows: Sequence[str], dialect: Dialect) -> tuple[str, ...] | None:
    """Return the names; those of several rows are joined where they are not empty."""
    found = [read_names(row, dialect) for row in rows]
    cells = [names for names in found if names is not None]
    if len(cells) < len(found):
        return None
    columns = zip_longest(*cells, fillvalue="")
    return tuple(dialect.header_join.join(filter(None, column)) for column in columns)
