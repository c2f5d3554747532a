"""The states of each type but Map, from their fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from localcloud.stepfunctions.definition.choice_parser import parse_rules
from localcloud.stepfunctions.definition.compiling import Compiler
from localcloud.stepfunctions.definition.errors_parser import (
    MOST_SECONDS,
    parse_catchers,
    parse_retriers,
)
from localcloud.stepfunctions.definition.fields import Fields
from localcloud.stepfunctions.definition.model import (
    ChoiceState,
    FailState,
    ParallelState,
    PassState,
    QueryLanguage,
    State,
    SucceedState,
    TaskState,
    WaitState,
    Workflow,
)
from localcloud.stepfunctions.definition.resources import (
    Resource,
    ResourceError,
    ResourceKind,
    parse_resource,
)
from localcloud.stepfunctions.query.fields import FixedInteger, textual
from localcloud.stepfunctions.query.jsonata_expression import is_expression
from localcloud.stepfunctions.query.jsonata_flow import JsonataFlow
from localcloud.stepfunctions.query.jsonpath_flow import JsonPathFlow
from localcloud.stepfunctions.query.scope import DataFlow, IntegerQuery, Query
from localcloud.stepfunctions.query.templates import Constant
from localcloud.stepfunctions.query.timestamps import parse_timestamp
from localcloud.stepfunctions.query.wait_fields import (
    WaitSecondsPath,
    WaitTimestampExpression,
    WaitTimestampPath,
)

_WORKING: Final = frozenset({"Task", "Parallel", "Map"})  # these have a result of their own
_PLACEHOLDER: Final = Resource(arn="", kind=ResourceKind.LAMBDA)


@dataclass(frozen=True, slots=True)
class Draft:
    """A state on its way from JSON to the model.

    `nested` parses the workflow inside a Parallel or Map state.
    """

    name: str
    type: str
    compiler: Compiler
    nested: Callable[[Fields], Workflow]

    @property
    def fields(self) -> Fields:
        """The members of the state."""
        return self.compiler.fields

    @property
    def language(self) -> QueryLanguage:
        """The state's query language."""
        return self.compiler.language

    def flow(self, *, parameters: str | None = "Parameters") -> DataFlow:
        """The state's data flow; `parameters` names the field that makes its arguments."""
        compiler = self.compiler
        assign = compiler.assignment()
        if compiler.jsonata:
            return JsonataFlow(
                given=compiler.payload("Arguments"),
                output=compiler.payload("Output"),
                assign=assign,
                exposes_result=self.type in _WORKING,
            )
        return JsonPathFlow(
            input_path=compiler.filter_path("InputPath"),
            parameters=self._parameters(parameters),
            result_selector=compiler.payload("ResultSelector"),
            result_path=compiler.result_path(),
            output_path=compiler.filter_path("OutputPath"),
            assign=assign,
        )

    def _parameters(self, name: str | None) -> Query | None:
        given = None if name is None else self.compiler.payload(name)
        if self.type == "Pass" and "Result" in self.fields:
            return Constant(self.fields.value["Result"])
        return given

    def next(self) -> str | None:
        """The state that follows, None at the end."""
        fields = self.fields
        fields.exactly_one("Next", "End")
        if fields.typed("End", "BOOLEAN") is False and "Next" not in fields:
            fields.error("These fields are required: [Next]")
        return fields.text("Next")


def resource_of(fields: Fields, *, storage: bool = False) -> Resource:
    """The `Resource` of a Task, an ItemReader or a ResultWriter."""
    fields.require("Resource")
    arn = fields.text("Resource")
    if arn is None:
        return _PLACEHOLDER
    try:
        return parse_resource(arn, storage=storage)
    except ResourceError as error:
        fields.error(str(error), "Resource")
        return _PLACEHOLDER


def _pass(draft: Draft) -> State:
    return PassState(
        name=draft.name, query_language=draft.language, flow=draft.flow(), next=draft.next()
    )


def _task(draft: Draft) -> State:
    compiler = draft.compiler
    timeout = compiler.integer("TimeoutSeconds", 1, MOST_SECONDS)
    heartbeat = compiler.integer("HeartbeatSeconds", 1, MOST_SECONDS)
    if (
        isinstance(timeout, FixedInteger)
        and isinstance(heartbeat, FixedInteger)
        and heartbeat.value >= timeout.value
    ):
        draft.fields.error("HeartbeatSeconds must be smaller than TimeoutSeconds")
    credentials = draft.fields.inner("Credentials")
    if credentials is not None and not {"RoleArn", "RoleArn.$"} & credentials.value.keys():
        credentials.error("These fields are required: [RoleArn]")
    return TaskState(
        name=draft.name,
        query_language=draft.language,
        flow=draft.flow(),
        next=draft.next(),
        resource=resource_of(draft.fields),
        timeout_seconds=timeout,
        heartbeat_seconds=heartbeat,
        credentials=compiler.payload("Credentials"),
        retry=parse_retriers(draft.fields),
        catch=parse_catchers(compiler),
    )


def _choice(draft: Draft) -> State:
    draft.fields.require("Choices")
    flow = draft.flow(parameters=None)
    output_path = flow.output_path if isinstance(flow, JsonPathFlow) else None
    return ChoiceState(
        name=draft.name,
        query_language=draft.language,
        flow=flow,
        rules=parse_rules(draft.compiler, output_path),
        default=draft.fields.text("Default"),
    )


def _wait(draft: Draft) -> State:
    ways = ("Seconds", "Timestamp")
    paths = () if draft.compiler.jsonata else ("SecondsPath", "TimestampPath")
    draft.fields.exactly_one(*ways, *paths)
    return WaitState(
        name=draft.name,
        query_language=draft.language,
        flow=draft.flow(parameters=None),
        next=draft.next(),
        seconds=_seconds(draft.compiler),
        timestamp=_timestamp(draft.compiler),
    )


def _seconds(compiler: Compiler) -> IntegerQuery | None:
    if "SecondsPath" in compiler.fields:
        path = compiler.path("SecondsPath")
        return None if path is None else WaitSecondsPath(path)
    return compiler.integer("Seconds", 0, MOST_SECONDS)


def _timestamp(compiler: Compiler) -> Query | None:
    fields = compiler.fields
    if "TimestampPath" in fields:
        path = compiler.path("TimestampPath")
        return None if path is None else WaitTimestampPath(path)
    if compiler.jsonata and is_expression(fields.value.get("Timestamp")):
        expression = compiler.expression("Timestamp")
        return None if expression is None else WaitTimestampExpression(textual(expression))
    text = fields.text("Timestamp")
    if text is None:
        return None
    moment = parse_timestamp(text)
    if moment is None:
        fields.error("Value is not a valid ISO-8601 timestamp", "Timestamp")
    return Constant(moment)


def _succeed(draft: Draft) -> State:
    flow = draft.flow(parameters=None)
    return SucceedState(name=draft.name, query_language=draft.language, flow=flow)


def _fail(draft: Draft) -> State:
    return FailState(
        name=draft.name,
        query_language=draft.language,
        flow=draft.flow(parameters=None),
        error=draft.compiler.message("Error"),
        cause=draft.compiler.message("Cause"),
    )


def _parallel(draft: Draft) -> State:
    draft.fields.require("Branches")
    branches = tuple(draft.nested(branch) for branch in draft.fields.elements("Branches"))
    if "Branches" in draft.fields and not branches:
        draft.fields.error("Branches must not be empty", "Branches")
    return ParallelState(
        name=draft.name,
        query_language=draft.language,
        flow=draft.flow(),
        next=draft.next(),
        branches=branches,
        retry=parse_retriers(draft.fields),
        catch=parse_catchers(draft.compiler),
    )


BUILDERS: Final[dict[str, Callable[[Draft], State]]] = {
    "Pass": _pass,
    "Task": _task,
    "Choice": _choice,
    "Wait": _wait,
    "Succeed": _succeed,
    "Fail": _fail,
    "Parallel": _parallel,
}
