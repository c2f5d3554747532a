"""How long a Wait state waits, by path and by expression."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.fields import RUNTIME
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonata_expression import Typed
from localcloud.stepfunctions.query.jsonpath import PathNotFoundError
from localcloud.stepfunctions.query.paths import StatePath
from localcloud.stepfunctions.query.scope import Json, Scope, is_integer
from localcloud.stepfunctions.query.timestamps import parse_timestamp


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


def _look_up(field: str, path: StatePath, scope: Scope) -> Json:
    try:
        return path(scope)
    except PathNotFoundError as error:
        raise EvaluationError(
            RUNTIME, f"The {field} parameter does not reference an input value: {path.text}"
        ) from error


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else dumps(value)
