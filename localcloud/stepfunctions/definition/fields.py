"""Reading the members of a JSON object and reporting what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from localcloud.stepfunctions.definition.diagnostics import Diagnostic, Severity
from localcloud.stepfunctions.query.scope import Json

SCHEMA: Final = "SCHEMA_VALIDATION_FAILED"

_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "STRING": str,
    "BOOLEAN": bool,
    "INTEGER": int,
    "NUMBER": (int, float),
    "OBJECT": dict,
    "ARRAY": list,
}


@dataclass(slots=True)
class Report:
    """Collects the diagnostics of one definition."""

    diagnostics: list[Diagnostic] = field(default_factory=list)

    def error(self, message: str, location: str | None, code: str = SCHEMA) -> None:
        """Add an error."""
        self.diagnostics.append(Diagnostic(code, message, location))

    def warn(self, message: str, location: str | None, code: str) -> None:
        """Add a warning."""
        self.diagnostics.append(Diagnostic(code, message, location, Severity.WARNING))

    def errors(self) -> list[Diagnostic]:
        """The diagnostics that forbid the definition."""
        return [each for each in self.diagnostics if each.severity is Severity.ERROR]


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object at a location such as `/States/X`.

    Getters give None for a member that is absent or has been reported.
    """

    value: dict[str, Json]
    location: str
    report: Report

    @classmethod
    def of(cls, value: Json, location: str, report: Report) -> Fields:
        """The object at a location; anything else is reported and read as an empty object."""
        if isinstance(value, dict):
            return cls(value, location, report)
        report.error("Expected value of type [OBJECT]", location or "/")
        return cls({}, location, report)

    def __contains__(self, name: str) -> bool:
        return name in self.value

    def at(self, name: str) -> str:
        """The location of a member."""
        return f"{self.location}/{name}"

    def error(self, message: str, name: str | None = None) -> None:
        """Report something about a member, or about the object itself."""
        self.report.error(message, self.at(name) if name else self.location or "/")

    def typed(self, name: str, kind: str) -> Json:
        """The member if it is of a JSON type."""
        if name not in self.value:
            return None
        value = self.value[name]
        if isinstance(value, _TYPES[kind]) and (kind == "BOOLEAN" or not isinstance(value, bool)):
            return value
        self.error(f"Expected value of type [{kind}]", name)
        return None

    def text(self, name: str) -> str | None:
        """A string member."""
        value: str | None = self.typed(name, "STRING")
        return value

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        """A string member that is one of some words."""
        value = self.text(name)
        if value is None or value in allowed:
            return value
        self.error(f"Value is not valid. Allowed values are [{', '.join(allowed)}]", name)
        return None

    def integer(self, name: str, low: int, high: int) -> int | None:
        """An integer member within bounds, both included."""
        value: int | None = self.typed(name, "INTEGER")
        return value if self._within(name, value, low, high) else None

    def number(self, name: str, low: float, high: float) -> float | None:
        """A number member within bounds, both included."""
        value: float | None = self.typed(name, "NUMBER")
        return value if self._within(name, value, low, high) else None

    def _within(self, name: str, value: float | None, low: float, high: float) -> bool:
        if value is None or low <= value <= high:
            return True
        self.error(f"Minimum value is {low}" if value < low else f"Maximum value is {high}", name)
        return False

    def inner(self, name: str) -> Fields | None:
        """An object member."""
        if name not in self.value:
            return None
        return Fields.of(self.value[name], self.at(name), self.report)

    def elements(self, name: str) -> Iterator[Fields]:
        """The objects of an array member."""
        for index, value in enumerate(self.typed(name, "ARRAY") or []):
            yield Fields.of(value, f"{self.at(name)}[{index}]", self.report)

    def texts(self, name: str) -> tuple[str, ...]:
        """An array member of strings."""
        values = self.typed(name, "ARRAY") or []
        if all(isinstance(value, str) for value in values):
            return tuple(values)
        self.error("Expected value of type [STRING]", name)
        return ()

    def require(self, *names: str) -> bool:
        """Report the members that are missing; whether none is."""
        missing = [name for name in names if name not in self.value]
        if missing:
            self.error(f"These fields are required: [{', '.join(missing)}]")
        return not missing

    def at_most_one(self, *names: str) -> None:
        """Report when more than one of the members is there."""
        present = [name for name in names if name in self.value]
        if len(present) > 1:
            self.error(f"There should only be one of the following fields: [{', '.join(present)}]")

    def exactly_one(self, *names: str) -> None:
        """Report when not exactly one of the members is there."""
        if not any(name in self.value for name in names):
            self.error(f"One of these fields is required: [{', '.join(names)}]")
        self.at_most_one(*names)

    def allow(self, names: Collection[str]) -> None:
        """Report members with other names."""
        for name in self.value:
            if name not in names:
                self.error(f"Field '{name}' is not supported")
