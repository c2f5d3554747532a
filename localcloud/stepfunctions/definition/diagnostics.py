"""What is wrong with a definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a diagnostic keeps the state machine from being created."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, as ValidateStateMachineDefinition returns it.

    `location` is a JSON pointer such as `/States/X/Next`.
    """

    code: str
    message: str
    location: str | None = None
    severity: Severity = Severity.ERROR


class InvalidDefinitionError(ValueError):
    """A definition with at least one error."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The text of the API error `InvalidDefinition`."""
        found = ", ".join(
            f"{d.code}: {d.message} at {d.location or 'null'}"  # as AWS writes no location
            for d in self.diagnostics
            if d.severity is Severity.ERROR
        )
        return f"Invalid State Machine Definition: '{found}'"
