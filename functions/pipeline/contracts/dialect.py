"""How a dataset's files are written: the members of the contract that say how to read them.

The names are those of the Frictionless Table Dialect where it has them; rows that it does not
know (footers, short, long and empty ones) are declared under `sluice`.
Source: https://datapackage.org/standard/table-dialect/

A file is *canonical* if engines can read it as it was dropped: UTF-8, one-character delimiter,
quotes doubled inside quotes. Any other is brought into canonical text (`canonical_text`).
"""

import codecs
from dataclasses import dataclass
from typing import Literal

from pipeline.contracts.document import Section
from pipeline.contracts.patterns import PatternError, portable

MEMBERS = (
    "$schema", "commentChar", "csv", "delimiter", "doubleQuote", "escapeChar", "header",
    "headerJoin", "headerRows", "lineTerminator", "quoteChar", "skipInitialSpace",
)  # fmt: skip
ROW_MEMBERS = ("empty_rows", "footer_rows", "long_rows", "short_rows")
"""Members of `sluice` that say how rows are read."""

UTF_8 = "utf-8"
CANONICAL_DELIMITERS = (",", ";", "\t", "|", ":", "^", "~")
CANONICAL_QUOTES = ('"', "'")
MAX_DELIMITER_CHARACTERS = 8
MAX_HEAD_ROWS = 100
MAX_FOOTER_ROWS = 100

_LINE_ENDS = ("\n", "\r\n", "\r")
_FORBIDDEN = frozenset("\r\n\0")
_NO_FILE_ENCODINGS = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape",
     "utf-7"}
)  # fmt: skip
"""Codecs of Python that are no encodings of files, or that have several spellings of a text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How cells and rows are told apart.

    `header_rows` are lines counted from 1, without comments and a `sep=` line; none: no header.
    """

    delimiter: str
    quote: str | None
    double_quote: bool = True
    escape: str | None = None
    skip_initial_space: bool = False
    line_end: Literal["\n", "\r"] = "\n"
    """`\\n` stands for LF and CRLF, as they come."""
    header_rows: tuple[int, ...] = (1,)
    header_join: str = " "
    comment: str | None = None
    encoding: str = UTF_8
    footer_rows: int = 0
    footer_pattern: str | None = None
    fills_short_rows: bool = False
    trims_long_rows: bool = False
    skips_empty_rows: bool = False

    @property
    def is_recut(self) -> bool:
        """Whether records are read one by one and written again, each beside its raw text."""
        is_readable = (
            self.delimiter in CANONICAL_DELIMITERS
            and self.quote in CANONICAL_QUOTES
            and self.double_quote
            and self.escape is None
            and not self.skip_initial_space
        )
        keeps_rows = not (self.comment or self.has_footer)
        keeps_width = not (self.fills_short_rows or self.trims_long_rows or self.skips_empty_rows)
        return not (is_readable and keeps_rows and keeps_width)

    @property
    def is_canonical(self) -> bool:
        """Whether engines read files as they were dropped."""
        return self.encoding == UTF_8 and self.line_end == "\n" and not self.is_recut

    @property
    def has_footer(self) -> bool:
        """Whether the last rows may be none of the table's."""
        return bool(self.footer_rows or self.footer_pattern)

    @property
    def canonical_delimiter(self) -> str:
        """The delimiter of the text that engines read."""
        return self.delimiter if self.delimiter in CANONICAL_DELIMITERS else ","

    @property
    def canonical_quote(self) -> str:
        """The quote of the text that engines read."""
        return self.quote if self.quote in CANONICAL_QUOTES else '"'

    @property
    def canonical(self) -> "Dialect":
        """The dialect of canonical text that has a header: that of mendable files."""
        return Dialect(delimiter=self.canonical_delimiter, quote=self.canonical_quote)

    @classmethod
    def parse(cls, root: Section) -> "Dialect":
        """Read `encoding`, `dialect` and the row members of `sluice`.

        Raises:
            ContractError: They contradict each other or cannot be honoured.
        """
        section, sluice = root.section("dialect"), root.section("sluice")
        section.allow_only(MEMBERS)
        controls = section.section("csv") if "csv" in section.members else section
        controls.allow_only(MEMBERS)
        footer_rows, footer_pattern = _footer(sluice)
        dialect = cls(
            delimiter=_delimiter(controls),
            quote=_character(controls, "quoteChar", '"'),
            double_quote=controls.flag("doubleQuote", default=True),
            escape=_character(controls, "escapeChar", None),
            skip_initial_space=controls.flag("skipInitialSpace", default=False),
            line_end="\r" if _line_terminator(controls) == "\r" else "\n",
            header_rows=_header_rows(section),
            header_join=section.text("headerJoin", " "),
            comment=_character(section, "commentChar", None),
            encoding=_encoding(root),
            footer_rows=footer_rows,
            footer_pattern=footer_pattern,
            fills_short_rows=sluice.choice("short_rows", ("reject", "fill"), "reject") == "fill",
            trims_long_rows=sluice.choice("long_rows", ("reject", "trim"), "reject") == "trim",
            skips_empty_rows=sluice.choice("empty_rows", ("reject", "skip"), "reject") == "skip",
        )
        _refuse_contradictions(dialect, section)
        return dialect


def _encoding(root: Section) -> str:
    name = root.text("encoding", UTF_8)
    try:
        normal = codecs.lookup(name).name.replace("_", "-")
        b"a".decode(name, "replace")
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError):
        raise root.refuse("encoding", f"{name!r} is no encoding that Python knows") from None
    if normal in _NO_FILE_ENCODINGS:
        raise root.refuse("encoding", f"{name!r} is no encoding of text files")
    return UTF_8 if normal == "utf-8-sig" else normal


def _delimiter(controls: Section) -> str:
    delimiter = controls.text("delimiter", ",")
    if not 1 <= len(delimiter) <= MAX_DELIMITER_CHARACTERS or _FORBIDDEN & set(delimiter):
        reason = f"must be 1 to {MAX_DELIMITER_CHARACTERS} characters, and no line end"
        raise controls.refuse("delimiter", reason)
    return delimiter


def _character(section: Section, name: str, default: str | None) -> str | None:
    if section.members.get(name, default) is None:
        return None
    character = section.text(name, default or "")
    if len(character) != 1 or character in _FORBIDDEN:
        raise section.refuse(name, "must be one character, and no line end")
    return character


def _line_terminator(controls: Section) -> str:
    if controls.members.get("lineTerminator") is None:
        return "\n"
    found = controls.text("lineTerminator")
    if found not in _LINE_ENDS:
        raise controls.refuse("lineTerminator", r"must be \n, \r\n or \r")
    return found


def _header_rows(section: Section) -> tuple[int, ...]:
    if not section.flag("header", default=True):
        if "headerRows" in section.members:
            raise section.refuse("headerRows", "contradicts header: false")
        return ()
    rows = section.members.get("headerRows", [1])
    is_numbers = isinstance(rows, list) and all(type(row) is int for row in rows)
    if not is_numbers or not rows or sorted({*rows}) != rows:
        raise section.refuse("headerRows", "must be a list of ascending numbers of lines")
    if not (rows[0] >= 1 and rows[-1] <= MAX_HEAD_ROWS):
        raise section.refuse("headerRows", f"lines are counted from 1 to {MAX_HEAD_ROWS}")
    return tuple(rows)


def _footer(sluice: Section) -> tuple[int, str | None]:
    """Return the number of footer rows, or the pattern of each."""
    value = sluice.members.get("footer_rows", 0)
    if not isinstance(value, str):
        rows = sluice.count("footer_rows", 0) or 0
        if rows > MAX_FOOTER_ROWS:
            raise sluice.refuse("footer_rows", f"must be at most {MAX_FOOTER_ROWS}, or a pattern")
        return rows, None
    try:
        return 0, portable(value)
    except PatternError as error:
        reason = f"cannot be the same in every engine: {error}"
        raise sluice.refuse("footer_rows", reason) from error


def _refuse_contradictions(dialect: Dialect, section: Section) -> None:
    specials = [s for s in (dialect.quote, dialect.escape, dialect.comment) if s]
    if len(set(specials)) < len(specials):
        reason = "quoteChar, escapeChar and commentChar must differ from each other"
        raise section.refuse("quoteChar", reason)
    if set(specials) & set(dialect.delimiter):
        raise section.refuse("delimiter", "holds quoteChar, escapeChar or commentChar")
    if dialect.skip_initial_space and dialect.delimiter.startswith(" "):
        raise section.refuse("skipInitialSpace", "contradicts a delimiter that begins with a blank")
    if dialect.line_end == "\r" and dialect.escape:
        raise section.refuse("escapeChar", r"is not supported with lineTerminator \r")
