"""Fields whose value has to be a number, a time or a text within bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonata_expression import Expression, Typed
from localcloud.stepfunctions.query.jsonpath import PathNotFoundError
from localcloud.stepfunctions.query.jsonpath_flow import follow
from localcloud.stepfunctions.query.paths import StatePath
from localcloud.stepfunctions.query.scope import Json, Query, Scope
from localcloud.stepfunctions.query.timestamps import parse_timestamp

RUNTIME: Final = "States.Runtime"

_DIGITS: Final = re.compile(r"[+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def _look_up(field: str, path: StatePath, scope: Scope) -> Json:
    try:
        return path(scope)
    except PathNotFoundError as error:
        raise EvaluationError(
            RUNTIME, f"The {field} parameter does not reference an input value: {path.text}"
        ) from error


def is_integer(value: Json) -> bool:
    """Whether a JSON value is a number written without a fraction."""
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class FixedInteger:
    """An integer that stands in the definition."""

    value: int

    def __call__(self, _scope: Scope) -> int:
        """The integer."""
        return self.value


@dataclass(frozen=True, slots=True)
class PathInteger:
    """An integer that a `…Path` field refers to; `low` and `high` are included.

    As on AWS, a text of digits counts as an integer.
    """

    field: str
    path: StatePath
    low: int
    high: int | None = None

    def __call__(self, scope: Scope) -> int:
        """The integer.

        Raises:
            EvaluationError: `States.Runtime`, there is no such integer.
        """
        value = follow(self.path, scope, scope.input)
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if not is_integer(value):
            raise EvaluationError(
                RUNTIME,
                f"The {self.field} field refers to value {dumps(value)}"
                f" which is not a valid integer: {self.path.text}",
            )
        return _bounded(self.field.removesuffix("Path"), int(value), self.low, self.high)


@dataclass(frozen=True, slots=True)
class ExpressionInteger:
    """An integer that an expression gives; `low` and `high` are included."""

    field: str
    typed: Typed
    low: int
    high: int | None = None

    def __call__(self, scope: Scope) -> int:
        """The integer.

        Raises:
            EvaluationError: `States.QueryEvaluationError` or `States.Runtime`.
        """
        value = self.typed(scope)
        if not is_integer(value):
            raise self.typed.expression.failure(
                "returned an unexpected result type. Expected 'integer', but was 'number'"
                f" for value: {dumps(value)}"
            )
        return _bounded(self.field, int(value), self.low, self.high)


def _bounded(field: str, value: int, low: int, high: int | None) -> int:
    if value < low or (high is not None and value > high):
        limits = f"at least {low}" if high is None else f"between {low} and {high}"
        raise EvaluationError(RUNTIME, f"{field} must be {limits}.")
    return value


@dataclass(frozen=True, slots=True)
class Percentage:
    """A number from 0 to 100 that a path or an expression gives."""

    field: str
    query: Query

    def __call__(self, scope: Scope) -> float:
        """The number.

        Raises:
            EvaluationError: there is no such number, or it is out of bounds.
        """
        value = (
            follow(self.query, scope, scope.input)
            if isinstance(self.query, StatePath)
            else self.query(scope)
        )
        if isinstance(value, str) and _DECIMAL.fullmatch(value):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise EvaluationError(
                RUNTIME,
                f"The {self.field} field refers to value {dumps(value)}"
                f" which is not a valid float: {getattr(self.query, 'text', '')}",
            )
        if not 0 <= value <= 100:  # noqa: PLR2004 - percent
            raise EvaluationError(
                RUNTIME, f"{self.field.removesuffix('Path')} must be between 0 and 100."
            )
        return value


@dataclass(frozen=True, slots=True)
class WaitSecondsPath:
    """`SecondsPath` of a Wait state."""

    path: StatePath

    def __call__(self, scope: Scope) -> int:
        """Whole seconds, zero or more.

        Raises:
            EvaluationError: `States.Runtime`, there is no such number.
        """
        value = _look_up("SecondsPath", self.path, scope)
        if not is_integer(value):
            problem = "cannot be parsed as a long value"
        elif value < 0:
            problem = "references a negative value"
        else:
            return int(value)
        raise EvaluationError(
            RUNTIME, f"The SecondsPath parameter {problem}: {self.path.text} == {_plain(value)}"
        )


@dataclass(frozen=True, slots=True)
class WaitTimestampPath:
    """`TimestampPath` of a Wait state."""

    path: StatePath

    def __call__(self, scope: Scope) -> float:
        """Seconds since the epoch.

        Raises:
            EvaluationError: `States.Runtime`, there is no such timestamp.
        """
        value = _look_up("TimestampPath", self.path, scope)
        moment = parse_timestamp(value)
        if moment is None:
            raise EvaluationError(
                RUNTIME,
                "The TimestampPath parameter does not reference a valid ISO-8601 extended"
                f" offset date-time format string: {self.path.text} == {_plain(value)}",
            )
        return moment


@dataclass(frozen=True, slots=True)
class WaitTimestampExpression:
    """`Timestamp` of a Wait state, as an expression."""

    typed: Typed

    def __call__(self, scope: Scope) -> float:
        """Seconds since the epoch.

        Raises:
            EvaluationError: `States.QueryEvaluationError`, there is no such timestamp.
        """
        value = self.typed(scope)
        moment = parse_timestamp(value)
        if moment is None:
            raise self.typed.expression.failure(
                "returned a value that is not a valid ISO-8601 extended offset date-time format"
                f" string: {dumps(value)}"
            )
        return moment


@dataclass(frozen=True, slots=True)
class PathItems:
    """`ItemsPath`, or without it the effective input."""

    path: StatePath | None

    def __call__(self, scope: Scope) -> list[Json]:
        """The array.

        Raises:
            EvaluationError: `States.Runtime`, the path leads nowhere or to something else.
        """
        value = scope.input if self.path is None else follow(self.path, scope, scope.input)
        if isinstance(value, list):
            return value
        where = "$" if self.path is None else self.path.text
        raise EvaluationError(RUNTIME, f'Reference path "{where}" must point to array.')


@dataclass(frozen=True, slots=True)
class ExpressionItems:
    """`Items` of a JSONata Map, or without it the state's input."""

    query: Query | None

    def __call__(self, scope: Scope) -> list[Json]:
        """The array.

        Raises:
            EvaluationError: `States.QueryEvaluationError`, it is none.
        """
        value = scope.input if self.query is None else self.query(scope)
        if isinstance(value, list):
            return value
        raise EvaluationError(
            "States.QueryEvaluationError",
            f"Map state input must be an array but was: {dumps(value)}",
        )


@dataclass(frozen=True, slots=True)
class ExpressionCondition:
    """`Condition` of a JSONata choice rule."""

    typed: Typed

    def __call__(self, scope: Scope) -> bool:
        """Whether it is true.

        Raises:
            EvaluationError: `States.QueryEvaluationError`, it is no boolean.
        """
        return bool(self.typed(scope))


def numeric(expression: Expression) -> Typed:
    """An expression that has to give a number."""
    return Typed(expression, ("number",))


def textual(expression: Expression) -> Typed:
    """An expression that has to give a text."""
    return Typed(expression, ("string",))


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else dumps(value)
