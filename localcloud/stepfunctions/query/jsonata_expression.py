"""JSONata expressions `{% … %}` of a state: compiled once, evaluated many times."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from localcloud import jsonata
from localcloud.jsonata import UNDEFINED, Bounds, Compiled, JsonataError
from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonata_functions import FUNCTIONS
from localcloud.stepfunctions.query.jsonata_values import NotJsonError, out_of, type_name
from localcloud.stepfunctions.query.scope import ABSENT, Json, Query, Scope
from localcloud.stepfunctions.query.templates import ArrayTemplate, Constant, ObjectTemplate

ERROR: Final = "States.QueryEvaluationError"

# AWS tells no figures for its own limits.
BOUNDS: Final = Bounds(seconds=5.0, depth=500)

# Codes that are this implementation's own.
_UNCODED: Final = frozenset(["U1001", "U1002"])

# The members of $states, and where a scope keeps them.
_MEMBERS: Final[dict[str, Callable[[Scope], Json]]] = {
    "input": lambda scope: scope.input,
    "context": lambda scope: scope.context,
    "result": lambda scope: scope.result,
    "errorOutput": lambda scope: scope.error_output,
}
_PLAIN_PATH: Final = re.compile(r"\$([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)", re.ASCII)


class ExpressionSyntaxError(ValueError):
    """The text is no JSONata expression; `location` is the field it stands in."""

    def __init__(self, problem: str, location: str) -> None:
        super().__init__(problem)
        self.location = location


def is_expression(value: Json) -> bool:
    """Whether a field's value is an expression: `{%` first, `%}` last, no white space around."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def is_half_delimited(value: str) -> bool:
    """Whether a text has only one of the delimiters.

    With blanks around both it is plain text, as executions that AWS recorded show.

    >>> [is_half_delimited(text) for text in ("{% 1", "a %}", "{% 1 %} ", " {% 1 %} ", "{%1%}")]
    [True, True, True, False, False]
    """
    return value.startswith("{%") != value.endswith("%}")


@lru_cache(maxsize=4096)
def compile_text(text: str) -> Compiled:
    """The compiled form of an expression; one for all its uses."""
    return jsonata.compile(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled expression in a field.

    `keys` is set when it is nothing but a path of names, which is followed without further
    ado as long as it meets no array.
    """

    text: str
    location: str
    compiled: Compiled
    keys: tuple[str, ...] | None

    def __call__(self, scope: Scope) -> Json:
        """The value of the expression.

        Raises:
            EvaluationError: `States.QueryEvaluationError`, it failed, or gave nothing.
        """
        value = self._walk(scope) if self.keys else ABSENT
        if value is ABSENT:
            value = self._evaluate(scope)
        return value

    def _walk(self, scope: Scope) -> Json:
        root, *keys = self.keys or ()
        if root != "states":
            node = scope.variables.get(root, ABSENT)
        elif keys and keys[0] in _MEMBERS:
            node = _MEMBERS[keys.pop(0)](scope)
        else:
            return ABSENT
        for key in keys:
            if not isinstance(node, Mapping):
                return ABSENT
            node = node.get(key, ABSENT)
        return node if node is ABSENT else out_of(node)

    def _evaluate(self, scope: Scope) -> Json:
        members = {name: read(scope) for name, read in _MEMBERS.items()}
        states = {name: part for name, part in members.items() if part is not ABSENT}
        variables = {**scope.variables, "states": states}
        try:
            value = self.compiled.evaluate(UNDEFINED, variables, FUNCTIONS, BOUNDS)
            if value is not UNDEFINED:
                return out_of(value)
        except NotJsonError as error:
            raise self.failure(f"returned a value that is not JSON: {error}") from error
        except JsonataError as error:
            told = f"{error}" if error.code in _UNCODED else f"{error.code}: {error}"
            raise self.failure(f"threw an error during evaluation. {told}") from error
        raise self.failure("returned nothing (undefined).")

    def failure(self, what: str) -> EvaluationError:
        """The error that names this expression and its field."""
        cause = (
            f"The JSONata expression '{self.text}' specified for the field '{self.location}' {what}"
        )
        return EvaluationError(ERROR, cause, self.location)


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression whose value has to be of one of some JSON types."""

    expression: Expression
    types: tuple[str, ...]

    def __call__(self, scope: Scope) -> Json:
        """The value.

        Raises:
            EvaluationError: as the expression does, or the value is of another type.
        """
        value = self.expression(scope)
        if type_name(value) not in self.types:
            expected = " or ".join(f"'{name}'" for name in self.types)
            raise self.expression.failure(
                f"returned an unexpected result type. Expected {expected}, but was"
                f" '{type_name(value)}' for value: {dumps(value)}"
            )
        return value


def compile_expression(value: str, location: str) -> Expression:
    """The expression between `{%` and `%}`.

    Raises:
        ExpressionSyntaxError: it does not parse.
    """
    text = value[2:-2].strip()
    try:
        compiled = compile_text(text)
    except JsonataError as error:
        raise ExpressionSyntaxError(str(error), location) from error
    plain = _PLAIN_PATH.fullmatch(text)
    keys = (plain[1], *plain[2].split(".")[1:]) if plain else None
    return Expression(text=text, location=location, compiled=compiled, keys=keys)


def compile_value(value: Json, location: str) -> Query:
    """JSON some of whose strings are expressions, as in `Arguments` and `Output`.

    Raises:
        ExpressionSyntaxError: one of them does not parse.
    """
    if is_expression(value):
        return compile_expression(value, location)
    if isinstance(value, dict):
        members = tuple(
            (name, compile_value(item, f"{location}/{name}")) for name, item in value.items()
        )
        constant = all(isinstance(query, Constant) for _, query in members)
        return Constant(value) if constant else ObjectTemplate(members)
    if isinstance(value, list):
        elements = tuple(
            compile_value(item, f"{location}[{index}]") for index, item in enumerate(value)
        )
        constant = all(isinstance(query, Constant) for query in elements)
        return Constant(value) if constant else ArrayTemplate(elements)
    return Constant(value)
