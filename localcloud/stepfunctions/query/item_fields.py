"""The items of a Map state."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.fields import RUNTIME
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonpath_flow import follow
from localcloud.stepfunctions.query.paths import StatePath
from localcloud.stepfunctions.query.scope import Json, Query, Scope


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
