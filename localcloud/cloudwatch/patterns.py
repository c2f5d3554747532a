"""Filter patterns for JSON logs: `{ $.type = "platform.report" && $.record.status != "success" }`.

Comparisons of texts (`*` stands for anything) and numbers, `IS TRUE | FALSE | NULL`, `EXISTS`,
`NOT EXISTS`, joined by `&&` (binds closer) and `||`, with parentheses. The empty pattern takes
every line. Patterns of words for plain text are not computed here.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import fnmatch
import json
import operator
import re
from collections.abc import Callable
from typing import Any

Matches = Callable[[Any], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<symbol>&&|\|\||!=|>=|<=|[=<>(){}])"""
    r"""|(?P<word>\$[\w.\[\]\-]*|[^\s&|=<>!(){}"]+))"""
)
_NUMBERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}
_ABSENT = object()


class PatternError(ValueError):
    """A pattern that CloudWatch would refuse, or that is not computed here."""


def compiled(pattern: str) -> Callable[[str], bool]:
    """A function that tells whether a line of a log matches.

    >>> compiled('{ $.a.b = "x*" && $.n > 1 }')('{"a": {"b": "xy"}, "n": 2}')
    True

    Raises:
        PatternError: see above.
    """
    if not pattern.strip():
        return lambda _message: True
    reader = _Reader(pattern)
    reader.take("{")
    matches = reader.either()
    reader.take("}")
    return lambda message: message.startswith("{") and matches(_parsed(message))


def _parsed(message: str) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return _ABSENT


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._tokens = self._split(pattern)
        self._at = 0

    @staticmethod
    def _split(pattern: str) -> list[str]:
        tokens, position = [], 0
        while pattern[position:].strip():
            match = _TOKEN.match(pattern, position)
            if match is None:
                raise PatternError(f"not understood: {pattern[position:]!r} in {pattern!r}")
            tokens.append(match.group().strip())
            position = match.end()
        return tokens

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise PatternError(f"{self._pattern!r} ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _sees(self, token: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == token
        self._at += found
        return found

    def take(self, token: str) -> None:
        if not self._sees(token):
            raise PatternError(f"{token} is missing in {self._pattern!r}")

    def either(self) -> Matches:
        sides = [self._both()]
        while self._sees("||"):
            sides.append(self._both())
        return lambda document: any(side(document) for side in sides)

    def _both(self) -> Matches:
        sides = [self._one()]
        while self._sees("&&"):
            sides.append(self._one())
        return lambda document: all(side(document) for side in sides)

    def _one(self) -> Matches:
        if self._sees("("):
            inner = self.either()
            self.take(")")
            return inner
        selector = self._next()
        if not selector.startswith("$."):
            raise PatternError(f"{selector!r} in {self._pattern!r} is no selector such as $.name")
        word = self._next()
        if word == "IS":
            constant = _CONSTANTS[self._next()]
            return lambda document: _at(document, selector) is constant
        if word in {"EXISTS", "NOT"}:
            if word == "NOT":
                self.take("EXISTS")
            return lambda document: (_at(document, selector) is not _ABSENT) == (word == "EXISTS")
        return _comparison(selector, word, self._next())


def _comparison(selector: str, sign: str, literal: str) -> Matches:
    if sign not in _NUMBERS:
        raise PatternError(f"{sign!r} compares nothing")
    try:
        number = float(literal)
    except ValueError:
        return _of_text(selector, sign, literal)

    def compares(document: Any) -> bool:
        value = _at(document, selector)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and _NUMBERS[sign](value, number)

    return compares


def _of_text(selector: str, sign: str, literal: str) -> Matches:
    if sign not in {"=", "!="}:
        raise PatternError(f"{literal} is no number")
    text = json.loads(literal) if literal.startswith('"') else literal
    wanted = re.compile(fnmatch.translate(re.sub(r"([\[\]?])", r"[\1]", text)))

    def matches(document: Any) -> bool:
        value = _at(document, selector)
        if value is _ABSENT:
            return False
        return (isinstance(value, str) and wanted.match(value) is not None) == (sign == "=")

    return matches


def _at(document: Any, selector: str) -> Any:
    """What a selector such as `$.a.b[0]` means in a document."""
    value = document
    for name in re.findall(r"[^.\[\]]+", selector.removeprefix("$.")):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _ABSENT
    return value
