r"""Text out of bytes of a declared encoding and line end: strictly, or not at all.

>>> "".join(decoded([b"id\rM\xfc", b"ller\r"], Dialect(
...     delimiter=",", quote='"', encoding="iso-8859-1", line_end="\r")))
'id\nMüller\n'
"""

import codecs
import re
from collections.abc import Iterable, Iterator

from pipeline.contracts.dialect import Dialect
from pipeline.errors import FileRefusedError

BOM = "\ufeff"
_WIDE = {
    "utf-16": ("utf-16-le", "utf-16-be"),
    "utf-32": ("utf-32-le", "utf-32-be"),
}
"""Encodings whose first bytes tell the order of bytes: by a mark, or else by a first letter."""


def decoded(pieces: Iterable[bytes], dialect: Dialect) -> Iterator[str]:
    r"""Return the text without a byte order mark; lines that are declared to end in CR end in LF.

    Raises:
        FileRefusedError: `encoding`, `line_feed` or `crlf`.
    """
    texts = _without_mark(_strictly(pieces, dialect.encoding))
    return _with_line_feeds(texts, dialect.quote) if dialect.line_end == "\r" else texts


def decoded_head(head: bytes, dialect: Dialect) -> str:
    """Return the text of the first bytes of a file, which may end within a character.

    Raises:
        FileRefusedError: As `decoded`.
    """
    whole = _strictly([head], dialect.encoding, is_cut=True)
    text = "".join(_without_mark(whole))
    if dialect.line_end == "\r":
        return "".join(_with_line_feeds([text], dialect.quote))
    return text


def name_of(encoding: str) -> str:
    """Return an encoding as people write it.

    >>> name_of("utf-8"), name_of("cp1252"), name_of("shift-jis")
    ('UTF-8', 'windows-1252', 'shift-jis')
    """
    return {"cp1252": "windows-1252"}.get(encoding, encoding.replace("utf", "UTF"))


def _strictly(pieces: Iterable[bytes], encoding: str, *, is_cut: bool = False) -> Iterator[str]:
    pieces = iter(pieces)
    first = next(pieces, b"")
    decoder = codecs.getincrementaldecoder(by_first_bytes(encoding, first))("strict")
    place = _Place()
    for piece in _chained(first, pieces):
        text = _decoded(decoder, piece, place, encoding, final=False)
        place.move(text)
        yield text
    if not is_cut:
        yield _decoded(decoder, b"", place, encoding, final=True)


def _chained(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


def by_first_bytes(encoding: str, first: bytes) -> str:
    r"""Return the encoding with its order of bytes: without a mark, a small code tells.

    >>> by_first_bytes("utf-16", b"\0i\0d"), by_first_bytes("utf-8", b"id")
    ('utf-16-be', 'utf-8')
    """
    if encoding not in _WIDE:
        return encoding
    little, big = _WIDE[encoding]
    marks = {little: BOM.encode(little), big: BOM.encode(big)}
    marked = [name for name, mark in marks.items() if first.startswith(mark)]
    return marked[0] if marked else big if first.startswith(b"\0") else little


class _Place:
    """Line and column, in characters, of what comes next."""

    def __init__(self) -> None:
        self.line = self.column = 1

    def move(self, text: str) -> None:
        """Go behind a text, whose lines end in LF, CRLF or CR."""
        ends = text.count("\n") or text.count("\r")
        at = max(text.rfind("\n"), text.rfind("\r")) + 1
        self.line += ends
        self.column = len(text) - at + (1 if ends else self.column)


def _decoded(
    decoder: codecs.IncrementalDecoder, piece: bytes, place: _Place, encoding: str, *, final: bool
) -> str:
    state = decoder.getstate()
    try:
        return decoder.decode(piece, final)
    except UnicodeDecodeError as error:
        decoder.setstate(state)
        place.move(_until_it_fails(decoder, piece))
        message = (
            f"line {place.line}, column {place.column} is not {name_of(encoding)} ({error.reason}):"
            " declare the file's `encoding` in the contract, or save the file as"
            f" {name_of(encoding)}"
        )
        raise FileRefusedError("encoding", message) from error


def _until_it_fails(decoder: codecs.IncrementalDecoder, piece: bytes) -> str:
    """Return the text in front of the byte that does not decode."""
    texts = []
    for at in range(len(piece)):
        try:
            texts.append(decoder.decode(piece[at : at + 1]))
        except UnicodeDecodeError:
            break
    return "".join(texts)


def _without_mark(texts: Iterator[str]) -> Iterator[str]:
    is_first = True
    for text in texts:
        yield text.removeprefix(BOM) if is_first else text
        is_first = is_first and not text


def _with_line_feeds(texts: Iterable[str], quote: str | None) -> Iterator[str]:
    """Return texts whose lines end in CR with LF instead; inside quotes nothing changes.

    A stray quote turns inside and outside around: then a CR is left outside, which nobody reads.
    """
    is_inside = False
    line = 1
    for text in texts:
        stretches = text.split(quote) if quote else [text]
        for number, stretch in enumerate(stretches):
            is_outer = is_inside == bool(number % 2)
            if is_outer and "\n" in stretch:
                raise _line_feed(line, stretch)
            stretches[number] = stretch.replace("\r", "\n") if is_outer else stretch
            line += stretches[number].count("\n")
        is_inside ^= not len(stretches) % 2
        yield (quote or "").join(stretches)


def _line_feed(line: int, stretch: str) -> FileRefusedError:
    line += stretch.partition("\n")[0].removesuffix("\r").count("\r")
    if re.search(r"\r\n", stretch):
        message = rf"line {line} ends in CRLF: remove `dialect.lineTerminator` \r from the contract"
        return FileRefusedError("crlf", message)
    message = f"line {line} has a line feed: remove `dialect.lineTerminator` \\r from the contract"
    return FileRefusedError("line_feed", message)
