"""Payload templates of JSONPath states: JSON in which `"name.$"` holds a path or a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.intrinsic_call import Call, parse_call
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonpath import NullInputError, PathNotFoundError
from localcloud.stepfunctions.query.paths import StatePath, parse_path
from localcloud.stepfunctions.query.scope import Json, Query, Scope


class TemplateSyntaxError(ValueError):
    """A field of a template is no valid path or function, or stands twice."""

    @classmethod
    def no_query(cls, field: str) -> TemplateSyntaxError:
        """The field holds neither a path nor a function."""
        return cls(
            f"The value for the field '{field}' must be a valid JSONPath"
            " or a valid intrinsic function call"
        )

    @classmethod
    def twice(cls, field: str) -> TemplateSyntaxError:
        """The field is given as a value, and as a path or a function."""
        return cls(f"The fields '{field}' and '{field}.$' cannot be used together")


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that no scope changes."""

    value: Json

    def __call__(self, _scope: Scope) -> Json:
        """The value."""
        return self.value


@dataclass(frozen=True, slots=True)
class DynamicField:
    """A path or function in a named field."""

    field: str
    query: StatePath | Call

    def __call__(self, scope: Scope) -> Json:
        """The value of the field.

        Raises:
            EvaluationError: `States.Runtime`, the path leads nowhere.
        """
        try:
            return self.query(scope)
        except NullInputError as error:
            raise EvaluationError("States.Runtime", str(error)) from error
        except PathNotFoundError as error:
            raise EvaluationError(
                "States.Runtime",
                f"The JSONPath '{self.query.text}' specified for the field '{self.field}'"
                f" could not be found in the input '{dumps(scope.input)}'",
            ) from error


@dataclass(frozen=True, slots=True)
class ObjectTemplate:
    """An object some of whose members are dynamic."""

    members: tuple[tuple[str, Query], ...]

    def __call__(self, scope: Scope) -> dict[str, Json]:
        """The object with all members evaluated."""
        return {name: query(scope) for name, query in self.members}


@dataclass(frozen=True, slots=True)
class ArrayTemplate:
    """An array some of whose elements are dynamic."""

    elements: tuple[Query, ...]

    def __call__(self, scope: Scope) -> list[Json]:
        """The array with all elements evaluated."""
        return [query(scope) for query in self.elements]


def compile_field(field: str, text: Json) -> DynamicField:
    """A single field that holds a path or an intrinsic function.

    Raises:
        TemplateSyntaxError: it holds neither.
    """
    if not isinstance(text, str):
        raise TemplateSyntaxError.no_query(field)
    try:
        is_path = text.startswith("$")
        return DynamicField(field, parse_path(text) if is_path else parse_call(text))
    except ValueError as error:
        raise TemplateSyntaxError.no_query(field) from error


def compile_template(value: Json) -> Query:
    """A payload template.

    Raises:
        TemplateSyntaxError: one of its dynamic fields is invalid.
    """
    if isinstance(value, dict):
        members = tuple(_members(value))
        return _simplest(value, [query for _, query in members], lambda: ObjectTemplate(members))
    if isinstance(value, list):
        elements = tuple(compile_template(element) for element in value)
        return _simplest(value, elements, lambda: ArrayTemplate(elements))
    return Constant(value)


def _members(template: dict[str, Json]) -> Iterator[tuple[str, Query]]:
    for name, value in template.items():
        if f"{name}.$" in template:
            raise TemplateSyntaxError.twice(name)
        if name.endswith(".$"):
            yield name.removesuffix(".$"), compile_field(name, value)
        else:
            yield name, compile_template(value)


def _simplest(
    value: Json, parts: list[Query] | tuple[Query, ...], build: Callable[[], Query]
) -> Query:
    constant = all(isinstance(part, Constant) for part in parts)
    return Constant(value) if constant else build()
