"""From the text of a definition to the model, or to what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from localcloud.stepfunctions.definition.compiling import Compiler
from localcloud.stepfunctions.definition.diagnostics import Diagnostic, InvalidDefinitionError
from localcloud.stepfunctions.definition.errors_parser import MOST_SECONDS
from localcloud.stepfunctions.definition.express import check_execution_types
from localcloud.stepfunctions.definition.fields import Fields, Report
from localcloud.stepfunctions.definition.graph import check_transitions
from localcloud.stepfunctions.definition.hints import warn_about
from localcloud.stepfunctions.definition.map_parser import build_map
from localcloud.stepfunctions.definition.model import (
    QueryLanguage,
    State,
    StateMachine,
    Workflow,
)
from localcloud.stepfunctions.definition.state_parser import BUILDERS, Draft
from localcloud.stepfunctions.definition.vocabulary import STATE_TYPES, Vocabulary
from localcloud.stepfunctions.query.json_text import loads
from localcloud.stepfunctions.query.scope import Json

LONGEST_NAME: Final = 80  # characters of a state's name
LARGEST_DEFINITION: Final = 1_048_576  # bytes

_MACHINE: Final = frozenset(
    {"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"}
)
_NESTED: Final = frozenset({"Comment", "ProcessorConfig", "StartAt", "States"})
_BUILDERS: Final = {**BUILDERS, "Map": build_map}


def parse(text: str, *, express: bool = False) -> StateMachine:
    """The state machine that a definition describes; `express` is its type.

    Raises:
        InvalidDefinitionError: it describes none; all errors are in it.
    """
    machine, diagnostics = _examine(text, express=express)
    if machine is None:
        raise InvalidDefinitionError(diagnostics)
    return machine


def diagnose(text: str, *, express: bool = False) -> list[Diagnostic]:
    """All errors and warnings about a definition."""
    return _examine(text, express=express)[1]


def parse_state(text: str) -> State:
    """A single state by itself; what it leads to is not looked for.

    Raises:
        InvalidDefinitionError: it is no valid state.
    """
    report = Report()
    value = _load(text, report)
    state = None
    if not report.errors():
        fields = Fields.of(value, "", report)
        state = _MachineParser(report, QueryLanguage.JSONPATH).state("", fields)
    if state is None or report.errors():
        raise InvalidDefinitionError(report.diagnostics)
    return state


def _examine(text: str, *, express: bool) -> tuple[StateMachine | None, list[Diagnostic]]:
    report = Report()
    value = _load(text, report)
    machine: StateMachine | None = None
    if not report.errors():
        machine = _machine(Fields.of(value, "", report))
        check_execution_types(machine.workflow, report, express=express)
    if report.errors():
        machine = None
    return machine, report.diagnostics


def _load(text: str, report: Report) -> Json:
    if len(text.encode(errors="surrogatepass")) > LARGEST_DEFINITION:
        report.error(f"Definition must not exceed {LARGEST_DEFINITION} bytes", None)
        return None
    try:
        return loads(text)
    except (ValueError, RecursionError) as error:
        report.error(f"Invalid JSON: {error}", "/", "INVALID_JSON_DESCRIPTION")
        return None


def _machine(fields: Fields) -> StateMachine:
    fields.allow(_MACHINE)
    language = QueryLanguage(fields.choice("QueryLanguage", [*QueryLanguage]) or "JSONPath")
    version = fields.choice("Version", ["1.0"])
    timeout = fields.integer("TimeoutSeconds", 1, MOST_SECONDS)
    return StateMachine(
        workflow=_MachineParser(fields.report, language).workflow(fields),
        query_language=language,
        timeout_seconds=timeout,
        comment=fields.text("Comment"),
        version=version or "1.0",
    )


@dataclass(slots=True)
class _MachineParser:
    """Parses the workflows of one machine; state names are unique across all of them."""

    report: Report
    language: QueryLanguage
    names: set[str] = field(default_factory=set)

    def nested(self, fields: Fields) -> Workflow:
        """The workflow of a branch or an item processor."""
        fields.allow(_NESTED)
        return self.workflow(fields)

    def workflow(self, fields: Fields) -> Workflow:
        """`StartAt` and `States` of an object."""
        fields.require("StartAt", "States")
        described = fields.inner("States") or Fields({}, fields.at("States"), self.report)
        if "States" in fields and not described.value:
            fields.error("States must not be empty", "States")
        states: dict[str, State] = {}
        for name, value in described.value.items():
            self._check_name(name, described)
            state = self.state(name, Fields.of(value, described.at(name), self.report))
            if state is not None:
                states[name] = state
        workflow = Workflow(start_at=fields.text("StartAt") or "", states=states)
        if len(states) == len(described.value):
            check_transitions(workflow, fields)
        return workflow

    def _check_name(self, name: str, states: Fields) -> None:
        if not 0 < len(name) <= LONGEST_NAME:
            message = f"State name must have 1 to {LONGEST_NAME} characters"
            self.report.error(message, states.at(name), "INVALID_STATE_NAME")
        if name in self.names:
            message = f"State name '{name}' appears more than once"
            self.report.error(message, states.at(name), "DUPLICATE_STATE_NAME")
        self.names.add(name)

    def state(self, name: str, fields: Fields) -> State | None:
        """A state; None when its type is unknown."""
        fields.require("Type")
        kind = fields.choice("Type", STATE_TYPES)
        if kind is None:
            return None
        language = self._language(fields)
        _check_vocabulary(fields, STATE_TYPES[kind], language)
        warn_about(fields, language)
        return _BUILDERS[kind](Draft(name, kind, Compiler(fields, language), self.nested))

    def _language(self, fields: Fields) -> QueryLanguage:
        own = fields.choice("QueryLanguage", [*QueryLanguage])
        if own == QueryLanguage.JSONPATH and self.language is QueryLanguage.JSONATA:
            fields.error(
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
            )
        return self.language if own is None else QueryLanguage(own)


def _check_vocabulary(fields: Fields, words: Vocabulary, language: QueryLanguage) -> None:
    fields.allow(words.all())
    foreign, speaker = (
        (words.jsonpath, QueryLanguage.JSONPATH)
        if language is QueryLanguage.JSONATA
        else (words.jsonata, QueryLanguage.JSONATA)
    )
    for name in fields.value:
        if name in foreign:
            fields.error(
                f"The QueryLanguage is set to '{language}', but field '{name}' is only supported"
                f" for the '{speaker}' QueryLanguage"
            )
