"""Calls of intrinsic functions: `States.Format('{} of {}', $.index, States.ArrayLength($.all))`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.intrinsics import FUNCTIONS, Intrinsic, IntrinsicError
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonpath import PathNotFoundError
from localcloud.stepfunctions.query.paths import StatePath, parse_path
from localcloud.stepfunctions.query.scope import Json, Scope
from localcloud.stepfunctions.query.text_cursor import Cursor

NESTING_LIMIT: Final = 10  # calls within calls

_NAME: Final = re.compile(r"States\.[A-Za-z0-9]+")
_STRING: Final = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(['\\{}])")
_LITERAL: Final = re.compile(r"(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)")
_WORDS: Final = {"true": True, "false": False, "null": None}


class IntrinsicSyntaxError(ValueError):
    """The text is no call of an intrinsic function."""


@dataclass(frozen=True, slots=True)
class Literal:
    """An argument that is written out."""

    value: Json


@dataclass(frozen=True, slots=True)
class Call:
    """A compiled call; `text` is how it was written."""

    text: str
    function: Intrinsic
    arguments: tuple[Literal | StatePath | Call, ...]

    def __call__(self, scope: Scope) -> Json:
        """The value of the call.

        Raises:
            EvaluationError: an argument is missing, or the function does not take it.
        """
        try:
            return self.function.call(*[self._argument(each, scope) for each in self.arguments])
        except IntrinsicError as error:
            raise EvaluationError(
                "States.IntrinsicFailure",
                f"The function '{self.text}' had the following error: {error}",
            ) from error

    def _argument(self, argument: Literal | StatePath | Call, scope: Scope) -> Json:
        if isinstance(argument, Literal):
            return argument.value
        try:
            return argument(scope)
        except PathNotFoundError as error:
            raise EvaluationError(
                "States.Runtime",
                f"The function '{self.text}' had the following error: The JsonPath argument for"
                f" the field '{argument.text}' could not be found in the input"
                f" '{dumps(scope.input)}'",
            ) from error


def parse_call(text: str) -> Call:
    """The call that a text denotes.

    Raises:
        IntrinsicSyntaxError: it denotes none, or a function that does not exist.
    """
    cursor = Cursor(text, IntrinsicSyntaxError)
    call = _call(cursor, 1)
    if not cursor.at_end():
        cursor.fail("unexpected text after the call")
    return call


def _call(cursor: Cursor, depth: int) -> Call:
    start = cursor.position
    name = cursor.match(_NAME)
    function = FUNCTIONS.get(name[0]) if name else None
    if function is None:
        cursor.fail("no intrinsic function")
    if depth > NESTING_LIMIT:
        cursor.fail(f"more than {NESTING_LIMIT} calls within each other")
    cursor.expect("(")
    arguments: list[Literal | StatePath | Call] = []
    cursor.skip_space()
    while not cursor.accept(")"):
        if arguments:
            cursor.expect(",")
        arguments.append(_argument(cursor, depth, raw=not arguments and _is_format(function)))
        cursor.skip_space()
    if not function.takes(len(arguments)):
        cursor.fail("wrong number of arguments")
    return Call(cursor.text[start : cursor.position], function, tuple(arguments))


def _is_format(function: Intrinsic) -> bool:
    return function is FUNCTIONS["States.Format"]


def _argument(cursor: Cursor, depth: int, *, raw: bool) -> Literal | StatePath | Call:
    cursor.skip_space()
    if cursor.looking_at("$"):
        return _path(cursor)
    if cursor.looking_at("States."):
        return _call(cursor, depth + 1)
    if (string := cursor.match(_STRING)) is not None:
        return Literal(string[1] if raw else _ESCAPE.sub(r"\1", string[1]))
    literal = cursor.match(_LITERAL)
    if literal is None:
        cursor.fail("no argument")
    if literal[1]:
        return Literal(_WORDS[literal[1]])
    return Literal(float(literal[2]) if set(literal[2]) & set(".eE") else int(literal[2]))


def _path(cursor: Cursor) -> StatePath:
    """Read up to the comma or parenthesis that ends the argument, outside brackets and quotes."""
    start, depth = cursor.position, 0
    while not cursor.at_end():
        if cursor.looking_at("'") and depth:
            cursor.quoted()
            continue
        character = cursor.text[cursor.position]
        if not depth and character in ",)" and not cursor.looking_at("()"):
            break
        depth += (character in "([") - (character in ")]")
        cursor.position += 1
    try:
        return parse_path(cursor.text[start : cursor.position].rstrip())
    except ValueError as error:
        raise IntrinsicSyntaxError(str(error)) from error
