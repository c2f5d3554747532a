"""The text of an expression, token by token.

A slash starts a regular expression where a term may stand, and divides where an operator may.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from localcloud.jsonata.errors import JsonataError

END: Final = "(end)"
NAME: Final = "(name)"
LITERAL: Final = "(literal)"
REGEX: Final = "(regex)"

_SPACE: Final = " \t\n\r\v"
_DOUBLE: Final = frozenset(["..", ":=", "!=", ">=", "<=", "**", "~>"])
_SINGLE: Final = frozenset(".[]{}(),@#;:?+-*/%|=<>^&!~")
_UNKNOWN: Final = frozenset("!~")
_ESCAPES: Final = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
_NUMBER: Final = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_HEX: Final = re.compile(r"[0-9a-fA-F]{1,4}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Token:
    """`id` says what the parser does with it, `kind` what stands for itself in the tree."""

    id: str
    kind: str
    value: Any


class Lexer:
    """Reads one token after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def next(self, *, after_term: bool) -> Token:
        """The next token; `after_term` says that a slash divides.

        Raises:
            JsonataError: `S01…`, `S0204`, `S03…`.
        """
        self._skip_blanks()
        char = self._char()
        if not char:
            return Token(END, END, END)
        if char == "/" and not after_term:
            self._at += 1
            return Token(REGEX, "regex", self._regex())
        pair = self._text[self._at : self._at + 2]
        operator = pair if pair in _DOUBLE else char if char in _SINGLE else ""
        if operator:
            self._at += len(operator)
            if operator in _UNKNOWN:
                raise JsonataError("S0204", token=operator)
            return Token(operator, "operator", operator)
        if char in "\"'":
            return Token(LITERAL, "string", self._string(char))
        number = _NUMBER.match(self._text, self._at)
        if number:
            return self._number(number)
        return self._quoted_name() if char == "`" else self._word()

    def _char(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip_blanks(self) -> None:
        while True:
            while self._char() and self._char() in _SPACE:
                self._at += 1
            if not self._text.startswith("/*", self._at):
                return
            end = self._text.find("*/", self._at + 2)
            if end < 0:
                raise JsonataError("S0106")
            self._at = end + 2

    def _regex(self) -> tuple[str, str]:
        start, depth = self._at, 0
        while self._char():
            char = self._char()
            escaped = self._is_escaped()
            if char == "/" and not depth and not escaped:
                pattern = self._text[start : self._at]
                if not pattern:
                    raise JsonataError("S0301")
                self._at += 1
                return pattern, self._flags()
            if self._text[self._at - 1] != "\\":
                depth += (char in "([{") - (char in ")]}")
            self._at += 1
        raise JsonataError("S0302")

    def _is_escaped(self) -> bool:
        before = self._text[: self._at]
        return (len(before) - len(before.rstrip("\\"))) % 2 == 1

    def _flags(self) -> str:
        start = self._at
        while self._char() and self._char() in "im":
            self._at += 1
        return self._text[start : self._at]

    def _string(self, quote: str) -> str:
        parts: list[str] = []
        self._at += 1
        while char := self._char():
            self._at += 1
            if char == quote:
                return _joined("".join(parts))
            parts.append(self._escape() if char == "\\" else char)
        raise JsonataError("S0101")

    def _escape(self) -> str:
        char = self._char()
        self._at += 1
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char != "u":
            raise JsonataError("S0103", token=char)
        digits = self._text[self._at : self._at + 4]
        if not _HEX.fullmatch(digits):
            raise JsonataError("S0104")
        self._at += 4
        return chr(int(digits, 16))

    def _number(self, found: re.Match[str]) -> Token:
        value = float(found[0])
        if value == float("inf"):
            raise JsonataError("S0102", token=found[0])
        self._at = found.end()
        whole = value.is_integer() and abs(value) <= 2**53
        return Token(LITERAL, "number", int(value) if whole else value)

    def _quoted_name(self) -> Token:
        end = self._text.find("`", self._at + 1)
        if end < 0:
            raise JsonataError("S0105")
        name = self._text[self._at + 1 : end]
        self._at = end + 1
        return Token(NAME, "name", name)

    def _word(self) -> Token:
        start = self._at
        while (char := self._char()) and char not in _SPACE and char not in _SINGLE:
            self._at += 1
        word = self._text[start : self._at]
        if word.startswith("$"):
            return Token(NAME, "variable", word[1:])
        if word in {"or", "in", "and"}:
            return Token(word, "operator", word)
        if word in _WORDS:
            return Token(LITERAL, "value", _WORDS[word])
        return Token(NAME, "name", word)


def _joined(text: str) -> str:
    """The text with pairs of surrogates as the characters they stand for."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
