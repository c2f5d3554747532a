"""Regular expressions as JavaScript means them, under the evaluation's time limit.

They run on `regex`, which stops when its time is over and lets other threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import regex

from localcloud.jsonata.calling import Native, apply
from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.running import Frame, out_of_time
from localcloud.jsonata.values import UNDEFINED, Function, Value

_WORD: Final = "A-Za-z0-9_"
_BREAKS: Final = "\\n\\r\\u2028\\u2029"
_BLANKS: Final = (
    "\\t\\n\\v\\f\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
)
_CLASSES: Final = {"d": "0-9", "w": _WORD, "s": _BLANKS}
_BOUNDARY: Final = f"(?:(?<=[{_WORD}])(?![{_WORD}])|(?<![{_WORD}])(?=[{_WORD}]))"
_INSIDE: Final = f"(?:(?<=[{_WORD}])(?=[{_WORD}])|(?<![{_WORD}])(?![{_WORD}]))"


def translated(pattern: str, *, multiline: bool) -> str:
    r"""The pattern in the dialect of `regex`, with JavaScript's meaning.

    >>> print(translated(r"^[\d[]+$", multiline=False))
    \A[0-9\[]+\Z
    """
    start = f"(?:\\A|(?<=[{_BREAKS}]))" if multiline else "\\A"
    end = f"(?=[{_BREAKS}]|\\Z)" if multiline else "\\Z"
    outside = {"^": start, "$": end, ".": f"[^{_BREAKS}]"}
    parts: list[str] = []
    at, in_class = 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            text, length = _escape(pattern, at, in_class=in_class)
            parts.append(text)
            at += length
            continue
        if in_class:
            in_class = char != "]"
            parts.append("\\[" if char == "[" else char)
        elif char == "[":
            text, length, in_class = _class_start(pattern, at)
            parts.append(text)
            at += length
            continue
        elif pattern.startswith("(?<", at) and pattern[at + 3 : at + 4] not in {"=", "!"}:
            parts.append("(?P<")
            at += 3
            continue
        else:
            parts.append(outside.get(char, char))
        at += 1
    return "".join(parts)


def _class_start(pattern: str, at: int) -> tuple[str, int, bool]:
    if pattern.startswith("[^]", at):
        return "(?s:.)", 3, False
    if pattern.startswith("[]", at):
        return "(?!)", 2, False
    return ("[^", 2, True) if pattern.startswith("[^", at) else ("[", 1, True)


def _escape(pattern: str, at: int, *, in_class: bool) -> tuple[str, int]:
    char = pattern[at + 1]
    if char.lower() in _CLASSES:
        inner = _CLASSES[char.lower()]
        if char.islower():
            return (inner if in_class else f"[{inner}]"), 2
        return (_complement(char) if in_class else f"[^{inner}]"), 2
    if char in "bB" and not in_class:
        return (_BOUNDARY if char == "b" else _INSIDE), 2
    if pattern.startswith("\\k<", at) and not in_class:
        end = pattern.find(">", at)
        return f"(?P={pattern[at + 3 : end]})", end + 1 - at
    for letter, digits in (("u", 4), ("x", 2)):
        code = pattern[at + 2 : at + 2 + digits]
        if char == letter and len(code) == digits and all(c in _HEX for c in code):
            return regex.escape(chr(int(code, 16))), 2 + digits
    if char == "c" and pattern[at + 2 : at + 3].isalpha():
        return f"\\x{ord(pattern[at + 2]) % 32:02x}", 3
    if char == "0":
        return "\\x00", 2
    if char in "fnrtv" or char in "123456789":
        return f"\\{char}", 2
    return regex.escape(char), 2


_HEX: Final = frozenset("0123456789abcdefABCDEF")


def _complement(char: str) -> str:
    return {"D": "\\D", "W": "\\W", "S": "\\S"}[char]


class Regex(Function):
    """A regular expression, which as a function gives its first match in a text."""

    __slots__ = ("_pattern",)

    def __init__(self, pattern: str, flags: str) -> None:
        self.arity = 1
        self.signature = None
        options = regex.IGNORECASE if "i" in flags else regex.VERSION0
        try:
            text = translated(pattern, multiline="m" in flags)
            self._pattern = regex.compile(text, options)
        except (regex.error, OverflowError, RecursionError) as error:
            raise JsonataError("S0303", value=pattern) from error

    def invoke(self, arguments: list[Value], frame: Frame) -> Value:
        """The first match, with a function that gives the next."""
        text = arguments[0] if arguments else UNDEFINED
        return self.find(text, 0, frame) if isinstance(text, str) else UNDEFINED

    def find(self, text: str, start: int, frame: Frame) -> Value:
        """The first match from `start` on: `match`, `start`, `end`, `groups` and `next`."""
        try:
            found = self._pattern.search(
                text, start, timeout=frame.run.seconds_left(), concurrent=True
            )
        except TimeoutError:
            raise out_of_time() from None
        if found is None:
            return UNDEFINED

        def following() -> Value:
            if found.end() >= len(text):
                return UNDEFINED
            match = self.find(text, found.end(), frame)
            if match is not UNDEFINED and not match["match"]:
                raise JsonataError("D1004")
            return match

        return {
            "match": found[0],
            "start": found.start(),
            "end": found.end(),
            "groups": [UNDEFINED if group is None else group for group in found.groups()],
            "next": Native(following),
        }


def matches(matcher: Value, text: str, frame: Frame) -> Iterator[dict[str, Value]]:
    """All matches of a regular expression, or of a function that does as one.

    Raises:
        JsonataError: `T1010`, a function gives something else; `D1004`, a later match is empty.
    """
    found = apply(matcher, [text], None, frame)
    while found is not UNDEFINED:
        if not _is_match(found):
            raise JsonataError("T1010")
        yield found
        found = apply(found["next"], [], None, frame)


def _is_match(found: Value) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("match"), str)
        and isinstance(found.get("start"), int | float)
        and isinstance(found.get("groups"), list)
        and isinstance(found.get("next"), Function)
    )
