r"""What looks odd in a text that is read piece by piece, wherever the pieces are cut.

>>> odd = OddText()
>>> odd.look("a\nbä".encode(), "a\nbä", 1)
>>> odd.look("\x85c\nd\ufeff\n".encode(), "\x85c\nd\ufeff\n", 2)
>>> [one.in_words() for one in odd.found()]  # doctest: +NORMALIZE_WHITESPACE
['1 line has control characters beyond ASCII (U+0080 to U+009F), as text of another encoding has
  (line 2)',
 '1 line has a byte order mark inside, as joined files have (line 3)']
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pipeline.text.oddities import Oddity

_CONTROL_BYTES = re.compile(rb"\xc2[\x80-\x9f]")
_MARK_BYTES = "\ufeff".encode()
_CONTINUATION = range(0x80, 0xC0)
"""Bytes that go on with a character that the piece before began."""

_CONTROLS = re.compile("[\x80-\x9f]")


@dataclass(kw_only=True, slots=True)
class OddLines:
    """Lines that look odd in one way; a line that two pieces share counts once."""

    kind: str
    is_odd: Callable[[str], bool]
    count: int = 0
    first: int = 0
    last: int = 0

    def look(self, line: str, number: int) -> None:
        """Count a line, or a stretch of one."""
        if number == self.last or not self.is_odd(line):
            return
        self.count += 1
        self.first = self.first or number
        self.last = number


@dataclass(kw_only=True, slots=True)
class OddText:
    """Counts odd lines; only pieces that hold something odd are looked at line by line."""

    characters: tuple[OddLines, ...] = field(
        default_factory=lambda: (
            OddLines(kind="control_characters", is_odd=lambda s: bool(_CONTROLS.search(s))),
            OddLines(kind="inner_bom", is_odd=lambda s: "\ufeff" in s),
        )
    )
    forms: OddLines = field(
        default_factory=lambda: OddLines(
            kind="not_nfc", is_odd=lambda s: not unicodedata.is_normalized("NFC", s)
        )
    )

    def look(self, piece: bytes, text: str, first_line: int) -> None:
        """Look at a piece, given as bytes and as the text that they end; not at a mark in front."""
        kinds = self.characters if _may_hold_odd(piece) else ()
        if not unicodedata.is_normalized("NFC", text):
            kinds = (*kinds, self.forms)
        if kinds:
            for number, line in enumerate(text.split("\n"), first_line):
                for kind in kinds:
                    kind.look(line, number)

    def found(self) -> Iterator[Oddity]:
        """Return what was odd."""
        for kind in (*self.characters, self.forms):
            if kind.count:
                yield Oddity(kind=kind.kind, count=kind.count, first_line=kind.first)


def _may_hold_odd(piece: bytes) -> bool:
    """False if no byte can belong to one of the odd characters.

    Three searches for one literal each: an alternation is tried at every byte, ten times slower.
    """
    goes_on = bool(piece) and piece[0] in _CONTINUATION
    return goes_on or _MARK_BYTES in piece or bool(_CONTROL_BYTES.search(piece))
