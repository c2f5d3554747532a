"""The functions on strings.

Source: https://docs.jsonata.org/string-functions
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from localcloud.jsonata.calling import apply
from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.regexes import matches
from localcloud.jsonata.running import Frame
from localcloud.jsonata.values import UNDEFINED, Function, Sequence, Value, text, truth

_BLANKS: Final = re.compile(r"[ \t\n\r]+")
_DIGITS: Final = re.compile(r"[0-9]+")


def string(value: Value, pretty: Value = False) -> Value:
    """`$string(value[, prettify])`."""
    return value if value is UNDEFINED else text(value, pretty=pretty is True)


def length(value: Value) -> Value:
    """`$length(string)`, in code points."""
    return value if value is UNDEFINED else len(value)


def lowercase(value: Value) -> Value:
    """`$lowercase(string)`."""
    return value if value is UNDEFINED else value.lower()


def uppercase(value: Value) -> Value:
    """`$uppercase(string)`."""
    return value if value is UNDEFINED else value.upper()


def trim(value: Value) -> Value:
    """`$trim(string)`: blanks at the ends go, others become one space."""
    if value is UNDEFINED:
        return value
    return _BLANKS.sub(" ", value).removeprefix(" ").removesuffix(" ")


def substring(value: Value, start: Value, count: Value) -> Value:
    """`$substring(string, start[, length])`; a negative start counts from the end."""
    if value is UNDEFINED:
        return value
    first = 0 if start is UNDEFINED or len(value) + start < 0 else start
    if count is UNDEFINED:
        return value[_place(first, len(value)) :]
    if count <= 0:
        return ""
    end = first + count if first >= 0 else len(value) + first + count
    return value[_place(first, len(value)) : _place(end, len(value))]


def _place(index: float, size: int) -> int:
    """Where a slice starts or ends: fractions are cut off, negative ones count from the end."""
    place = max(-size, min(size, math.trunc(index)))
    return place + size if place < 0 else place


def substring_before(value: Value, chars: Value) -> Value:
    """`$substringBefore(string, chars)`: the whole string where `chars` is not found."""
    if UNDEFINED in (value, chars):
        return value
    return value.partition(chars)[0] if chars else ""


def substring_after(value: Value, chars: Value) -> Value:
    """`$substringAfter(string, chars)`: the whole string where `chars` is not found."""
    if UNDEFINED in (value, chars):
        return value
    _, found, rest = value.partition(chars) if chars else ("", "", "")
    return rest if found else value


def pad(value: Value, width: Value, char: Value) -> Value:
    """`$pad(string, width[, char])`: behind the string, in front of it for a negative width."""
    if value is UNDEFINED or width is UNDEFINED:
        return value
    missing = int(abs(width)) - len(value)
    if missing <= 0:
        return value
    fill = " " if char is UNDEFINED or not char else char
    padding = (fill * missing)[:missing]
    return value + padding if width > 0 else padding + value


def contains(frame: Frame, value: Value, pattern: Value) -> Value:
    """`$contains(string, pattern)`."""
    if value is UNDEFINED:
        return value
    if isinstance(pattern, str):
        return pattern in value
    return next(matches(pattern, value, frame), None) is not None


def match(frame: Frame, value: Value, pattern: Value, limit: Value) -> Value:
    """`$match(string, pattern[, limit])`: matches with their index and groups."""
    if value is UNDEFINED:
        return value
    found = matches(pattern, value, frame)
    return Sequence(
        {"match": each["match"], "index": each["start"], "groups": each["groups"]}
        for each in _limited(found, limit, "D3040")
    )


def _limited(
    found: Iterator[dict[str, Value]], limit: Value, code: str
) -> Iterator[dict[str, Value]]:
    """As many matches as wanted. The one behind the last is looked for, too, and may fail."""
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError(code)
    most = math.inf if limit is UNDEFINED else limit
    if most > 0:
        for number, each in enumerate(found):
            if number >= most:
                return
            yield each


def split(frame: Frame, value: Value, separator: Value, limit: Value) -> Value:
    """`$split(string, separator[, limit])`."""
    if value is UNDEFINED:
        return value
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3020")
    if isinstance(separator, str):
        parts = value.split(separator) if separator else list(value)
        return parts if limit is UNDEFINED else parts[: math.trunc(limit)]
    most = math.inf if limit is UNDEFINED else limit
    parts, start = [], 0
    for found in _limited(matches(separator, value, frame), limit, "D3020"):
        parts.append(value[start : found["start"]])
        start = int(found["end"])
    return [*parts, value[start:]] if len(parts) < most else parts


def replace(frame: Frame, value: Value, pattern: Value, replacement: Value, limit: Value) -> Value:
    """`$replace(string, pattern, replacement[, limit])`.

    Raises:
        JsonataError: `D3010`, `D3011`, or `D3012`, a function gives no string.
    """
    if value is UNDEFINED:
        return value
    if pattern == "":
        raise JsonataError("D3010")
    if limit is not UNDEFINED and limit < 0:
        raise JsonataError("D3011")
    if isinstance(pattern, str):
        if not isinstance(replacement, str):
            raise JsonataError("D3012")
        return value.replace(pattern, replacement, -1 if limit is UNDEFINED else math.ceil(limit))
    parts, start = [], 0
    for found in _limited(matches(pattern, value, frame), limit, "D3011"):
        parts.append(value[start : int(found["start"])])
        parts.append(_replaced(found, replacement, frame))
        start = int(found["start"]) + len(found["match"])
    return "".join([*parts, value[start:]])


def _replaced(found: dict[str, Value], replacement: Value, frame: Frame) -> str:
    if isinstance(replacement, str):
        return _substituted(replacement, found["match"], found["groups"])
    given = apply(replacement, [found], None, frame)
    if not isinstance(given, str):
        raise JsonataError("D3012")
    return given


def _substituted(template: str, whole: str, groups: list[Value]) -> str:
    """The template with `$0` for the match, `$1` and so on for its groups, `$$` for a dollar."""
    head, *pieces = template.split("$")
    parts, dollar_done = [head], False
    for piece in pieces:
        if dollar_done:  # the second dollar of `$$`
            dollar_done = False
            parts.append(piece)
        elif not piece and piece is not pieces[-1]:
            dollar_done = True
            parts.append("$")
        elif piece.startswith("0"):
            parts.append(whole + piece[1:])
        else:
            parts.append(_group(piece, groups))
    return "".join(parts)


def _group(piece: str, groups: list[Value]) -> str:
    """What stands for the digits at the start of a piece, and the rest of it.

    As many digits count as the number of groups has; one less where that is too many.
    """
    most = len(str(max(len(groups), 1)))
    digits = _DIGITS.match(piece[:most])
    if digits is None:
        return f"${piece}"
    number = int(digits[0])
    if most > 1 and number > len(groups):
        number = int(digits[0][: most - 1])
    group = groups[number - 1] if 0 < number <= len(groups) else ""
    return ("" if group is UNDEFINED else str(group)) + piece[len(str(number)) :]


def join(values: Value, separator: Value) -> Value:
    """`$join(strings[, separator])`."""
    if values is UNDEFINED:
        return values
    return ("" if separator is UNDEFINED else separator).join(values)


def boolean(value: Value) -> Value:
    """`$boolean(value)`; a function is false."""
    return value if value is UNDEFINED else truth(value) and not isinstance(value, Function)


def negated(value: Value) -> Value:
    """`$not(value)`."""
    return value if value is UNDEFINED else not boolean(value)
