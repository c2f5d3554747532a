"""Paths of a state: rooted in its input (`$`), the context object (`$$`) or a variable (`$x`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from localcloud.stepfunctions.query.jsonpath import (
    NullInputError,
    Path,
    PathNotFoundError,
    PathSyntaxError,
)
from localcloud.stepfunctions.query.jsonpath_parser import parse_steps
from localcloud.stepfunctions.query.scope import Json, Scope

_VARIABLE: Final = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


class Root(Enum):
    """What a path starts from."""

    INPUT = "input"
    CONTEXT = "context"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True)
class StatePath:
    """A path with its root; calling it raises `PathNotFoundError` when it leads nowhere."""

    text: str
    root: Root
    path: Path
    variable: str = ""

    def __call__(self, scope: Scope) -> Json:
        """The value, where `$` is the scope's input."""
        return self.find(scope, scope.input)

    def find(self, scope: Scope, document: Json) -> Json:
        """The value, where `$` is `document` rather than the scope's input."""
        if self.root is Root.INPUT:
            if document is None:
                raise NullInputError
            return self.path.find(document)
        if self.root is Root.CONTEXT:
            return self.path.find(scope.context)
        if self.variable not in scope.variables:
            raise PathNotFoundError(f"No results for path: ${self.variable}")
        return self.path.find(scope.variables[self.variable])


def parse_path(text: str) -> StatePath:
    """The path that a text denotes.

    Raises:
        PathSyntaxError: it denotes none.
    """
    path = text.rstrip()
    if path.startswith("$$"):
        return StatePath(text, Root.CONTEXT, parse_steps(path[2:]))
    found = _VARIABLE.match(path)
    if found is not None:
        return StatePath(text, Root.VARIABLE, parse_steps(path[found.end() :]), found[1])
    if path.startswith("$"):
        return StatePath(text, Root.INPUT, parse_steps(path[1:]))
    raise PathSyntaxError(f"{text!r} does not start with '$'")
