"""The header against the contract: by name, in any order, all of them, none twice."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.contract import Contract
from pipeline.csv_lines import read_record
from pipeline.errors import FileRefusedError
from pipeline.field import REASON_COLUMN
from pipeline.object_check import refuse_foreign

MAX_HEADER_BYTES = 256 * 1024
"""How many bytes a header may have, and `judge_header` wants to see."""

BOM = b"\xef\xbb\xbf"
_OTHER_DELIMITERS = (",", ";", "\t", "|")
_BLANKS = " \t"
_PREAMBLES = (
    ("sep=", "preamble", "line 1 is a sep= line"),
    ("#", "preamble", "line 1 is a comment"),
    ("//", "preamble", "line 1 is a comment"),
    ("<", "html", "the file is HTML or XML, not CSV"),
    ("{", "json", "the file is JSON, not CSV"),
    ("[", "json", "the file is JSON, not CSV"),
)
_SHOWN_NAMES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The contract's field name of each column in the file's order (None: ignored), and the BOM."""

    columns: tuple[str | None, ...]
    bom: bool


def judge_header(head: bytes, contract: Contract) -> Header:
    """Return the columns of a file from its first (decompressed) bytes.

    Raises:
        FileRefusedError: The first line is not the contract's header; the message says why.
    """
    refuse_foreign(head)
    bom = head.startswith(BOM)
    line = _first_line(head.removeprefix(BOM) if bom else head)
    cells = read_record(line, contract.dialect.delimiter, contract.dialect.quote)
    if cells is None:
        _refuse_preamble(line)
        message = "line 1, the header, has an open or a stray quote: a column name is one line"
        raise FileRefusedError("header_quotes", message)
    names = [cell.strip(_BLANKS) for cell in cells]
    _refuse_no_header(line, names, contract)
    _refuse_empty_or_repeated(names)
    return Header(columns=_matched(names, contract), bom=bom)


def _first_line(text: bytes) -> str:
    if b"\0" in text:
        message = "the file has NUL bytes (is it UTF-16?): save it as CSV in UTF-8"
        raise FileRefusedError("nul_bytes", message)
    if not text.strip(b"\r\n"):
        raise FileRefusedError("empty", "the file has only line ends: at least a header is needed")
    line, line_end, _ = text.partition(b"\n")
    if not line_end and len(text) >= MAX_HEADER_BYTES - len(BOM):
        message = f"line 1 is longer than {MAX_HEADER_BYTES} bytes"
        raise FileRefusedError("header_too_long", message)
    line = line.removesuffix(b"\r") if line_end else line
    if b"\r" in line:
        message = "lines end in a lone carriage return: save the file with LF or CRLF line ends"
        raise FileRefusedError("carriage_return", message)
    if not line:
        raise FileRefusedError("blank_first_line", "line 1 is blank: the header must be line 1")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        message = f"line 1 is not UTF-8 at byte {error.start + 1}: save the file as CSV in UTF-8"
        raise FileRefusedError("encoding", message) from error


def _refuse_no_header(line: str, names: Sequence[str], contract: Contract) -> None:
    """Tell, if no name is one of the contract's, what line 1 is instead."""
    known = set(contract.field_names)
    if known & set(names):
        return
    _refuse_preamble(line)
    code, what = _diagnose(line, contract)
    wanted = contract.dialect.delimiter.join(contract.field_names)
    raise FileRefusedError(code, f"{what}: line 1 must be the header {_shortened(wanted)}")


def _refuse_preamble(line: str) -> None:
    for start, code, what in _PREAMBLES:
        if line.lstrip().lower().startswith(start):
            raise FileRefusedError(code, f"{what}: line 1 must be the header")


def _diagnose(line: str, contract: Contract) -> tuple[str, str]:
    known = {name.casefold() for name in contract.field_names}
    for delimiter in dict.fromkeys((contract.dialect.delimiter, *_OTHER_DELIMITERS)):
        names = {cell.strip(' \t"').casefold() for cell in line.split(delimiter)}
        if names & known:
            return _near_miss(delimiter, contract)
    return "no_header", "line 1 has none of the contract's columns"


def _near_miss(delimiter: str, contract: Contract) -> tuple[str, str]:
    if delimiter == contract.dialect.delimiter:
        return "missing_column", "the column names differ in case or quotes from the contract's"
    return "delimiter", f"columns are separated by {delimiter!r}"


def _refuse_empty_or_repeated(names: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if not name:
            message = f"column {position} of the header has no name (a delimiter too many?)"
            raise FileRefusedError("empty_column_name", message)
        if first := seen.get(name.casefold()):
            message = f"columns {first} and {position} of the header have the same name {name!r}"
            raise FileRefusedError("duplicate_column", message)
        seen[name.casefold()] = position


def _matched(names: Sequence[str], contract: Contract) -> tuple[str | None, ...]:
    present, wanted = set(names), set(contract.field_names)
    if missing := [name for name in contract.field_names if name not in present]:
        message = f"the header lacks {_listed(missing)}: add the column (case matters)"
        raise FileRefusedError("missing_column", message)
    extra = [name for name in names if name not in wanted and name != REASON_COLUMN]
    if extra and contract.extra_columns == "reject":
        message = f"the header has {_listed(extra)}, which the contract does not know: remove it"
        raise FileRefusedError("unexpected_column", message)
    return tuple(name if name in wanted else None for name in names)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(_shortened(name) for name in names[:_SHOWN_NAMES])
    return f"{shown} and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else shown


def _shortened(text: str, characters: int = 200) -> str:
    return text if len(text) <= characters else f"{text[:characters]}…"
