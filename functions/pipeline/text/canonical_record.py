r"""One record as canonical text, beside its raw text, and back.

>>> writer = RecordWriter(Dialect(delimiter="||", quote='"'))
>>> writer.line(["1", "a,b"], "1||a,b"), writer.line(None, '1||a"b')
('"1||a,b",1,"a,b"\n', '"1||a""b"\n')
"""

import re
from collections.abc import Sequence

from pipeline.contracts.dialect import Dialect


class RecordWriter:
    """Writes records of one dialect: the raw text, if it differs, and the cells."""

    def __init__(self, dialect: Dialect) -> None:
        self._delimiter, self._quote = dialect.canonical_delimiter, dialect.canonical_quote
        self._needs_quotes = re.compile(f"[{re.escape(self._delimiter + self._quote)}\r\n]")

    def line(self, cells: Sequence[str] | None, raw: str, *, may_stand: bool = False) -> str:
        """Return a record with its line end; of one without cells only the raw text.

        `may_stand`: the raw text itself means these cells.
        """
        if cells is None:
            return f"{self._escaped(raw)}\n"
        rest = raw if may_stand else self._joined(cells)
        return f"{'' if rest == raw else self._escaped(raw)}{self._delimiter}{rest}\n"

    def _joined(self, cells: Sequence[str]) -> str:
        joined = self._delimiter.join(cells)
        is_plain = self._quote not in joined and "\n" not in joined and "\r" not in joined
        if is_plain and joined.count(self._delimiter) == len(cells) - 1:
            return joined
        return self._delimiter.join(map(self._quoted, cells))

    def _quoted(self, cell: str) -> str:
        if not self._needs_quotes.search(cell):
            return cell
        return f"{self._quote}{cell.replace(self._quote, self._quote * 2)}{self._quote}"

    def _escaped(self, raw: str) -> str:
        return self._quoted(raw.replace("\\", r"\\").replace("\n", r"\n"))


def raw_of(record: str, dialect: Dialect) -> tuple[str, str]:
    r"""Return the raw text of a record that was cut anew, and the record without that column.

    What cannot be told apart is left as an open quote, which nobody takes for cells.

    >>> raw_of(r'"1||a\n,b",1,"a"', Dialect(delimiter="||", quote='"'))
    ('1||a\n,b', '1,"a"')
    """
    quote, delimiter = dialect.canonical_quote, dialect.canonical_delimiter
    if not record.startswith(quote):
        raw, found, rest = record.partition(delimiter)
        rest = rest if found else quote
    else:
        end = re.compile(f"{quote}(?:[^{quote}]|{quote}{quote})*+{quote}").match(record)
        at = end.end() if end else len(record)
        raw = record[1 : at - 1].replace(quote * 2, quote)
        rest = record[at + 1 :] if at < len(record) else quote
    escapes = {r"\n": "\n", r"\\": "\\"}
    return re.sub(r"\\[n\\]", lambda pair: escapes[pair[0]], raw) or rest, rest
