"""What a path, template or expression can see while it is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

Json = Any
ABSENT: Final = object()


def is_number(value: Json) -> bool:
    """Whether a JSON value is a number (`true` is none)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_integer(value: Json) -> bool:
    """Whether a JSON value is a number written without a fraction."""
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Scope:
    """The values in reach of one state.

    `raw_input` is what the state was given; `input` is what `InputPath` left of it (the same
    under JSONata). `variables` are those in force when the state was entered.
    `result` and `error_output` are there (not `ABSENT`) once the state's work has ended.
    Values are shared, never changed.
    """

    raw_input: Json
    input: Json
    context: Mapping[str, Json]
    variables: Mapping[str, Json]
    result: Json = ABSENT
    error_output: Json = ABSENT

    def with_context(self, context: Mapping[str, Json]) -> Scope:
        """The same scope under another context object, as each item of a Map has."""
        return replace(self, context=context)


class Query(Protocol):
    """A precompiled field: called with a scope it gives the value.

    Raises:
        EvaluationError: the value does not exist or is not of the field's type.
    """

    def __call__(self, scope: Scope, /) -> Json:
        """The value of the field."""
        ...


class IntegerQuery(Protocol):
    """A precompiled field whose value is an integer within the field's bounds."""

    def __call__(self, scope: Scope, /) -> int:
        """The value of the field."""
        ...


class Condition(Protocol):
    """A precompiled rule of a Choice state."""

    def __call__(self, scope: Scope, /) -> bool:
        """Whether the rule matches."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a state hands on: its output and the variables it assigned (None: no Assign)."""

    output: Json
    assigned: Mapping[str, Json] | None = None


class DataFlow(Protocol):
    """How the data of one state flows, whatever its query language."""

    def enter(
        self, raw_input: Json, context: Mapping[str, Json], variables: Mapping[str, Json]
    ) -> Scope:
        """The scope of the state: `InputPath` under JSONPath."""
        ...

    def arguments(self, scope: Scope) -> Json:
        """What the state works on: `Parameters`, `Arguments`, `Result`, or its input."""
        ...

    def finish(self, scope: Scope, result: Json) -> Outcome:
        """The state's outcome: `ResultSelector`, `ResultPath`, `OutputPath`, `Output`, `Assign`."""
        ...


class CatchFlow(Protocol):
    """How the error output of a caught error flows on."""

    def finish(self, scope: Scope, error_output: Json) -> Outcome:
        """The outcome of the state when this catcher took its error."""
        ...
