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
class Member:
    """A member of an object that a Map iterates over; an iteration gets it as `{Key, Value}`."""

    key: str
    value: Json

    @property
    def pair(self) -> dict[str, Json]:
        """What the iteration gets without an ItemSelector."""
        return {"Key": self.key, "Value": self.value}


def iterable(value: Json) -> list[Json] | None:
    """The items of an array, or the members of an object; None for anything else.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemspath.html

    >>> iterable({"a": 1})
    [Member(key='a', value=1)]
    """
    if isinstance(value, dict):
        return [Member(key, item) for key, item in value.items()]
    return value if isinstance(value, list) else None


def map_item(item: Json, index: int) -> dict[str, Json]:
    """`Map` of the context object in the iteration of an item."""
    if isinstance(item, Member):
        return {"Item": {"Index": index, "Key": item.key, "Value": item.value}}
    return {"Item": {"Index": index, "Value": item}}


def shown(item: Json) -> Json:
    """The item as JSON."""
    return item.pair if isinstance(item, Member) else item


@dataclass(frozen=True, slots=True)
class PathItems:
    """`ItemsPath`, or without it the effective input."""

    path: StatePath | None

    def __call__(self, scope: Scope) -> list[Json]:
        """The items: of an array, or the members of an object.

        Raises:
            EvaluationError: `States.Runtime`, the path leads nowhere or to something else.
        """
        value = scope.input if self.path is None else follow(self.path, scope, scope.input)
        items = iterable(value)
        if items is not None:
            return items
        where = "$" if self.path is None else self.path.text
        raise EvaluationError(RUNTIME, f'Reference path "{where}" must point to array.')


@dataclass(frozen=True, slots=True)
class ExpressionItems:
    """`Items` of a JSONata Map, or without it the state's input.

    Inline Maps of this language take no objects: so AWS's own histories have it.
    """

    query: Query | None
    takes_objects: bool

    def __call__(self, scope: Scope) -> list[Json]:
        """The items: of an array, or the members of an object.

        Raises:
            EvaluationError: `States.QueryEvaluationError`, it is neither.
        """
        value = scope.input if self.query is None else self.query(scope)
        items = iterable(value) if self.takes_objects or isinstance(value, list) else None
        if items is not None:
            return items
        raise EvaluationError(
            "States.QueryEvaluationError",
            f"Map state input must be an array but was: {dumps(value)}",
        )
