"""Fields whose value has to be a number within bounds, a text or a boolean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonata_expression import Expression, Typed
from localcloud.stepfunctions.query.paths import StatePath
from localcloud.stepfunctions.query.scope import Json, Query, Scope, is_integer
from localcloud.stepfunctions.query.templates import DynamicField

RUNTIME: Final = "States.Runtime"

_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")


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
        value = DynamicField(self.field, self.path)(scope)
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if not is_integer(value):
            raise EvaluationError(
                RUNTIME,
                f"The {self.field} field refers to value {_quoted(value)}"
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


def _quoted(value: Json) -> str:
    """A value in quotes, as AWS shows it whatever its type."""
    return f'"{value if isinstance(value, str) else dumps(value)}"'


def _bounded(field: str, value: int, low: int, high: int | None) -> int:
    if value < low == 0:
        raise EvaluationError(RUNTIME, f"{field} cannot be negative.")
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
            DynamicField(self.field, self.query)(scope)
            if isinstance(self.query, StatePath)
            else self.query(scope)
        )
        if isinstance(value, str) and _DECIMAL.fullmatch(value):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise EvaluationError(
                RUNTIME,
                f"The {self.field} field refers to value {_quoted(value)}"
                f" which is not a valid float: {getattr(self.query, 'text', '')}",
            )
        if not 0 <= value <= 100:  # noqa: PLR2004 - percent
            raise EvaluationError(
                RUNTIME, f"{self.field.removesuffix('Path')} must be between 0 and 100."
            )
        return value


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
