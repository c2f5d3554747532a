"""Parsing and validating state machine definitions."""

from localcloud.stepfunctions.definition.diagnostics import (
    Diagnostic,
    InvalidDefinitionError,
    Severity,
)
from localcloud.stepfunctions.definition.model import StateMachine
from localcloud.stepfunctions.definition.parser import diagnose, parse, parse_state

__all__ = [
    "Diagnostic",
    "InvalidDefinitionError",
    "Severity",
    "StateMachine",
    "diagnose",
    "parse",
    "parse_state",
]
