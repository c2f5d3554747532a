"""From the text of a JSONPath to its steps."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from localcloud.stepfunctions.query.jsonpath import (
    FUNCTIONS,
    Descend,
    Filter,
    Indexes,
    Names,
    Path,
    PathSyntaxError,
    Slice,
    Step,
    Wildcard,
)
from localcloud.stepfunctions.query.jsonpath_filter import FilterParser
from localcloud.stepfunctions.query.text_cursor import Cursor

_NAME: Final = re.compile(r"[^\s.\[\]()'\"*,:?@$=<>!&|]+")
_FUNCTION: Final = re.compile(r"([a-z]+)\(\)")
_INTEGER: Final = re.compile(r"-?\d+")


@lru_cache(maxsize=4096)
def parse_steps(text: str) -> Path:
    """The path that a text such as `.a['b'][0]` (what follows the root) denotes.

    Raises:
        PathSyntaxError: it denotes none.
    """
    cursor = Cursor(text, PathSyntaxError)
    steps, function = _steps(cursor)
    if not cursor.at_end():
        cursor.fail("unexpected text")
    return make_path(text, steps, function)


def make_path(text: str, steps: list[Step], function: str | None) -> Path:
    """A path from its steps, with the definite beginning split off."""
    keys: list[str | int] = []
    for step in steps:
        if isinstance(step, Names) and len(step.names) == 1:
            keys.append(step.names[0])
        elif isinstance(step, Indexes) and len(step.indexes) == 1:
            keys.append(step.indexes[0])
        else:
            break
    return Path(text, tuple(keys), tuple(steps[len(keys) :]), function)


def _steps(cursor: Cursor) -> tuple[list[Step], str | None]:
    steps: list[Step] = []
    while not cursor.at_end():
        if cursor.accept(".."):
            steps.append(Descend())
            if not cursor.looking_at("["):
                steps.append(_dotted(cursor))
        elif cursor.accept("[") or cursor.accept(".["):  # the dot of $.[0] is tolerated
            steps.append(_bracketed(cursor))
        elif cursor.accept("."):
            if (call := cursor.match(_FUNCTION)) is not None:
                return steps, _function(call[1], cursor)
            steps.append(_dotted(cursor))
        else:
            break
    return steps, None


def _function(name: str, cursor: Cursor) -> str:
    if name not in FUNCTIONS:
        cursor.fail(f"unknown function {name}()")
    return name


def _dotted(cursor: Cursor) -> Step:
    if cursor.accept("*"):
        return Wildcard()
    name = cursor.match(_NAME)
    if name is None:
        cursor.fail("a name is missing")
    return Names((name[0],))


def _bracketed(cursor: Cursor) -> Step:
    cursor.skip_space()
    if cursor.accept("*"):
        step: Step = Wildcard()
    elif cursor.accept("?"):
        step = _filter(cursor)
    elif cursor.looking_at("'") or cursor.looking_at('"'):
        step = Names(tuple(_names(cursor)))
    else:
        step = _numbers(cursor)
    cursor.skip_space()
    cursor.expect("]")
    return step


def _names(cursor: Cursor) -> list[str]:
    names = [cursor.quoted_name()]
    cursor.skip_space()
    while cursor.accept(","):
        cursor.skip_space()
        names.append(cursor.quoted_name())
        cursor.skip_space()
    return names


def _numbers(cursor: Cursor) -> Step:
    first = _integer(cursor)
    cursor.skip_space()
    if cursor.accept(":"):
        cursor.skip_space()
        return Slice(first, _integer(cursor))
    if first is None:
        cursor.fail("an index, a name or a filter is missing")
    indexes = [first]
    while cursor.accept(","):
        cursor.skip_space()
        index = _integer(cursor)
        if index is None:
            cursor.fail("an index is missing")
        indexes.append(index)
        cursor.skip_space()
    return Indexes(tuple(indexes))


def _integer(cursor: Cursor) -> int | None:
    digits = cursor.match(_INTEGER)
    return None if digits is None else int(digits[0])


def _filter(cursor: Cursor) -> Filter:
    cursor.skip_space()
    cursor.expect("(")
    predicate = FilterParser(cursor, _inner_path).disjunction()
    cursor.expect(")")
    return Filter(predicate)


def _inner_path(cursor: Cursor) -> Path:
    start = cursor.position
    steps, function = _steps(cursor)
    return make_path(cursor.text[start : cursor.position], steps, function)
