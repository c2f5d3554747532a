r"""Regular expressions that mean the same everywhere and that RE2 takes, or are refused.

Engines differ on `\d` (Unicode or ASCII), `.` (which line ends), nested classes, anchors.
`portable(pattern)` rewrites what can be spelled out and refuses the rest. Rows are judged by RE2
(DuckDB's and, where errors are worded, google-re2): its time grows with the text, not faster.

>>> portable(r"^[A-Z]{2}-\d+$")
'[A-Z]{2}-[0-9]+'
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\x0b\f\r "}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\x0b"}
_HEX_DIGITS = {"x": 2, "u": 4}
_SET_OPERATORS = frozenset({"&&", "||", "~~", "--"})
_QUANTIFIER = re.compile(r"[*+?]|\{[0-9]+(?:,[0-9]*)?\}")

MAX_REPEAT = 1000
"""RE2 refuses to repeat more often, in all repeats around a character together."""

MAX_DEPTH = 50
"""Groups in groups; RE2 takes 1,000, but whoever reads the contract does not."""

MAX_SIZE = 5_000
"""Characters and class members once repeats are unrolled; RE2's memory ends at some 20,000."""


class PatternError(ValueError):
    """The pattern uses something that the engines do not share."""


def portable(pattern: str) -> str:
    """Return an equal pattern, not anchored, for matching a whole text in any engine.

    Raises:
        PatternError: The pattern cannot be expressed in the shared subset.
    """
    body = pattern
    body = body.removeprefix("^")
    if body.endswith("$") and not body.endswith(r"\$"):
        body = body[:-1]
    reader = _Reader(body)
    whole = reader.alternatives()
    if reader.at < len(body):
        raise PatternError(f"unbalanced ) at position {reader.at}")
    if body != pattern and reader.top_level_bars:
        raise PatternError("^ and $ with | bind to one alternative only: put (?:…) around it")
    if whole.size > MAX_SIZE:
        raise PatternError(f"larger than {MAX_SIZE} characters once its repeats are unrolled")
    return whole.text


def literal(character: str, *, in_class: bool = False) -> str:
    r"""Return one character as every engine reads it literally.

    >>> literal("."), literal("é"), literal("-", in_class=True)
    ('\\.', 'é', '\\-')
    """
    named = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\f": r"\f"}
    if character in named:
        return named[character]
    if ord(character) < ord(" ") or character == "\x7f":
        return f"\\x{ord(character):02x}"
    meta = r"\^[]-&~" if in_class else r"\^$.|?*+()[]{}"
    return f"\\{character}" if character in meta else character


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the result: its size unrolled, and the most repeats around one character."""

    text: str
    size: int = 1
    repeats: int = 1

    @classmethod
    def joined(cls, separator: str, pieces: Sequence["_Piece"]) -> "_Piece":
        return cls(
            separator.join(piece.text for piece in pieces),
            sum(piece.size for piece in pieces),
            max((piece.repeats for piece in pieces), default=1),
        )

    def repeated(self, quantifier: str) -> "_Piece":
        """Return the piece with its quantifier.

        Raises:
            PatternError: That is too often, or from more to fewer.
        """
        numbers = [int(number) for number in re.findall("[0-9]+", quantifier)]
        most = max([1, *numbers])
        if numbers != sorted(numbers):
            raise PatternError(f"{quantifier} repeats from more to fewer")
        if self.repeats * most > MAX_REPEAT:
            raise PatternError(f"more than {MAX_REPEAT} repeats, inner times outer ones")
        return _Piece(self.text + quantifier, self.size * most, self.repeats * most)


@dataclass(slots=True)
class _Reader:
    """A recursive descent over one pattern."""

    text: str
    at: int = 0
    depth: int = 0
    top_level_bars: bool = field(default=False)

    def alternatives(self) -> _Piece:
        branches = [self._branch()]
        while self._peek() == "|":
            self.top_level_bars |= self.depth == 0
            self.at += 1
            branches.append(self._branch())
        return _Piece.joined("|", branches)

    def _branch(self) -> _Piece:
        pieces: list[_Piece] = []
        while (character := self._peek()) and character not in "|)":
            pieces.append(self._atom(character).repeated(self._quantifier()))
        return _Piece.joined("", pieces)

    def _atom(self, character: str) -> _Piece:
        self.at += 1
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == "\\":
            return _Piece(self._escape())
        if character == ".":
            return _Piece(r"[^\n]")
        if character in "*+?{":
            raise PatternError(f"nothing to repeat at position {self.at - 1}")
        if character in "^$":
            raise PatternError(f"{character} inside the pattern (it always matches the whole text)")
        return _Piece(literal(character))

    def _group(self) -> _Piece:
        if self._peek() == "?":
            if not self.text.startswith("?:", self.at):
                raise PatternError("groups with (?…) other than (?:…)")
            self.at += 2
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise PatternError(f"more than {MAX_DEPTH} groups in each other")
        inside = self.alternatives()
        self.depth -= 1
        if self._peek() != ")":
            raise PatternError("a group without its )")
        self.at += 1
        return replace(inside, text=f"(?:{inside.text})")

    def _quantifier(self) -> str:
        found = _QUANTIFIER.match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        if self._peek() in {"?", "+", "*", "{"}:
            raise PatternError("lazy, possessive or doubled quantifiers")
        return found[0]

    def _escape(self) -> str:
        character = self._take("a \\ at the end")
        if character.lower() in _CLASSES:
            negation = "^" if character.isupper() else ""
            return f"[{negation}{_CLASSES[character.lower()]}]"
        return literal(self._escaped(character))

    def _escaped(self, character: str) -> str:
        if character in _CONTROLS:
            return _CONTROLS[character]
        if width := _HEX_DIGITS.get(character):
            digits = self.text[self.at : self.at + width]
            self.at += width
            if not re.fullmatch(f"[0-9A-Fa-f]{{{width}}}", digits):
                raise PatternError(f"\\{character} needs {width} hex digits")
            return chr(int(digits, 16))
        if character.isascii() and character.isalnum():
            raise PatternError(f"\\{character}, which the engines do not share")
        return character

    def _class(self) -> _Piece:
        members: list[str] = []
        negated = self._peek() == "^"
        self.at += negated
        while (character := self._take("a class without its ]")) != "]" or not members:
            if character == "]":
                raise PatternError("an empty class")
            members.append(self._member(character))
        return _Piece(f"[{'^' if negated else ''}{''.join(members)}]", size=len(members))

    def _member(self, character: str) -> str:
        if character == "\\":
            escaped = self._take("a \\ at the end")
            if escaped in _CLASSES:
                return _CLASSES[escaped]
            if escaped.lower() in _CLASSES:
                raise PatternError(f"\\{escaped} inside a class")
            character = self._escaped(escaped)
        elif character == "[" or self.text[self.at - 1 : self.at + 1] in _SET_OPERATORS:
            raise PatternError(f"an unescaped {character} inside a class")
        if self._peek() == "-" and self.text[self.at + 1 : self.at + 2] not in {"", "]"}:
            self.at += 1
            return self._range(character)
        return literal(character, in_class=True)

    def _range(self, low: str) -> str:
        high = self._take("a range without its end")
        if high == "\\":
            high = self._escaped(self._take("a \\ at the end"))
        if high == "[" or len(high) != 1 or high < low:
            raise PatternError(f"the range {low}-{high} inside a class")
        return f"{literal(low, in_class=True)}-{literal(high, in_class=True)}"

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self, otherwise: str) -> str:
        if self.at >= len(self.text):
            raise PatternError(otherwise)
        self.at += 1
        return self.text[self.at - 1]
