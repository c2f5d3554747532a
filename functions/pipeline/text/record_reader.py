r"""Records of any declared dialect, read one by one out of a text whose lines end in LF or CRLF.

Slower than what engines do with canonical text, and as strict: a quoted field opens only where a
field starts, and an escape stands only before what is special: a delimiter, a quote, a comment, an
escape or a line end. Elsewhere it may mean anything, so that such a record is malformed; only a
whole cell `\N`, the databases' word for no value, stays as it is.

>>> dialect = Dialect(delimiter="||", quote='"', escape="\\")
>>> RecordReader(dialect).cells('1||"say \\"a||b\\""||\\N')
['1', 'say "a||b"', '\\N']
"""

import re
from dataclasses import dataclass

from pipeline.contracts.dialect import Dialect


class UnclosedQuoteError(ValueError):
    """A quote is open where the text ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record: its cells (None: they cannot be told apart), its text without the line end."""

    cells: list[str] | None
    raw: str
    end: int
    """Where the next record starts."""
    has_stray_quote: bool = False
    has_return: bool = False
    """Whether a carriage return stands outside quotes, without a line feed."""


class RecordReader:
    """Reads records of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._delimiter = dialect.delimiter
        self._strips = dialect.skip_initial_space
        self._specials = tuple(c for c in (dialect.quote, dialect.escape) if c)
        self._escape = dialect.escape
        forms = _Forms(dialect)
        self._quoted, self._opened = forms.quoted(), forms.opened()
        self._plain, self._end = forms.plain(), forms.end()
        self._is_escaped, self._pair = forms.escaped(), forms.pair()

    def cells(self, raw: str) -> list[str] | None:
        """Return the cells of one record, given without its line end."""
        try:
            record = self.read(raw, 0, is_last=True)
        except UnclosedQuoteError:
            return None
        return record.cells if record and record.end == len(raw) else None

    def read(self, text: str, at: int, *, is_last: bool) -> Record | None:
        """Return the record that starts at a place; None if its end is not in the text.

        Raises:
            UnclosedQuoteError: The last record opens a quote that nothing closes.
        """
        end = text.find("\n", at)
        if end < 0 and not is_last:
            return None
        line = text[at:end] if end >= 0 else text[at:]
        if any(special in line for special in self._specials):
            return self._walked(text, at, is_last=is_last)
        raw = line.removesuffix("\r") if end >= 0 else line
        cells = raw.split(self._delimiter)
        if self._strips:
            cells = [cell.lstrip(" ") for cell in cells]
        stop = end + 1 if end >= 0 else len(text)
        return Record(cells=cells, raw=raw, end=stop, has_return="\r" in raw)

    def _walked(self, text: str, start: int, *, is_last: bool) -> Record | None:
        """Read a record with quotes or escapes, field by field, also past what is malformed."""
        cells: list[str] = []
        is_stray = has_return = is_malformed = False
        at = start
        while True:
            cell, at, is_lone = self._field(text, at, is_last=is_last)
            has_return |= is_lone
            is_malformed |= cell is None
            stop = self._end.match(text, at)
            if stop is None:
                is_stray = True
                stop = self._end.search(text, at)
            if stop is None or (stop.end() == len(text) and not is_last and not stop["line"]):
                return None
            cells.append(cell or "")
            at = stop.end()
            if not stop["delimiter"]:
                raw = text[start : stop.start()]
                return Record(
                    cells=None if is_malformed or is_stray else cells,
                    raw=raw,
                    end=at,
                    has_stray_quote=is_stray,
                    has_return=has_return,
                )

    def _field(self, text: str, at: int, *, is_last: bool) -> tuple[str | None, int, bool]:
        """Return a cell (None: malformed), where it ends, and if it holds a lone CR unquoted."""
        if found := self._quoted.match(text, at):
            return self._unescaped(found[1], is_quoted=True), found.end(), False
        if self._opened.match(text, at):
            if is_last:
                raise UnclosedQuoteError
            return None, len(text), False
        plain = self._plain.match(text, at)
        if plain is None:  # every text matches: fields may be empty
            return None, at, False
        is_lone = _LONE_RETURN.search(plain[1]) is not None
        return self._unescaped(plain[1], is_quoted=False), plain.end(), is_lone

    def _unescaped(self, cell: str, *, is_quoted: bool) -> str | None:
        if self._escape and self._escape in cell:
            if cell == f"{self._escape}N" and not is_quoted:
                return cell
            if not self._is_escaped.fullmatch(cell):
                return None
        elif not is_quoted:
            return cell
        return self._pair.sub(lambda pair: pair["escaped"] or pair["quote"], cell)


_LONE_RETURN = re.compile(r"\r(?!\n)")
_NEVER = "(?!)"


class _Forms:
    """The expressions of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._d = re.escape(dialect.delimiter)
        self._d0 = re.escape(dialect.delimiter[0])
        self._q = re.escape(dialect.quote) if dialect.quote else ""
        self._e = re.escape(dialect.escape) if dialect.escape else ""
        self._c = re.escape(dialect.comment) if dialect.comment else ""
        self._blanks = " *+" if dialect.skip_initial_space else ""
        escaped = f"|{self._e}." if self._e else ""
        doubled = f"|{self._q}{self._q}" if dialect.double_quote else ""
        self._inside = f"(?:[^{self._q}{self._e}]++{escaped}{doubled})*+"
        self._doubled = f"{self._q}(?P<quote>{self._q})" if self._q and doubled else "(?P<quote>$.)"

    def quoted(self) -> re.Pattern[str]:
        """A field in quotes; group 1 is what they hold."""
        form = f"{self._blanks}{self._q}({self._inside}){self._q}"
        return re.compile(form if self._q else _NEVER, re.DOTALL)

    def opened(self) -> re.Pattern[str]:
        """A field whose quote is open at the end of the text."""
        last = f"{self._e}?" if self._e else ""
        form = rf"{self._blanks}{self._q}{self._inside}{last}\Z"
        return re.compile(form if self._q else _NEVER, re.DOTALL)

    def plain(self) -> re.Pattern[str]:
        """A field without quotes; group 1 is its text."""
        escaped = rf"|{self._e}(?:\r\n|.)" if self._e else ""
        other = rf"[^{self._q}{self._e}{self._d0}\r\n]++"
        piece = rf"{other}{escaped}|(?!{self._d}){self._d0}|\r(?!\n)"
        return re.compile(f"{self._blanks}((?:{piece})*+)", re.DOTALL)

    def end(self) -> re.Pattern[str]:
        """What ends a field."""
        return re.compile(rf"(?P<delimiter>{self._d})|(?P<line>\r?\n)|\Z")

    def escaped(self) -> re.Pattern[str]:
        """A cell whose escapes all stand before what is special."""
        specials = "|".join(filter(None, (self._d0, self._q, self._e, self._c, r"\r?\n")))
        form = f"(?:[^{self._e}]|{self._e}(?:{specials}))*+"
        return re.compile(form if self._e else _NEVER, re.DOTALL)

    def pair(self) -> re.Pattern[str]:
        """An escape and what it escapes, or a doubled quote."""
        escaped = rf"{self._e}(?P<escaped>\r\n|.)" if self._e else "(?P<escaped>$.)"
        return re.compile(f"{escaped}|{self._doubled}", re.DOTALL)
