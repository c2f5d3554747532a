"""The data flow of JSONata states: Arguments, Output, Assign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from localcloud.stepfunctions.query.scope import Json, Outcome, Query, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonataFlow:
    """The data flow of one state; None stands for a field that is not there.

    `exposes_result` says whether `$states.result` exists: it does for Task, Parallel and Map.
    """

    given: Query | None = None
    output: Query | None = None
    assign: Query | None = None
    exposes_result: bool = False

    def enter(
        self, raw_input: Json, context: Mapping[str, Json], variables: Mapping[str, Json]
    ) -> Scope:
        """The state's scope; a JSONata state works on its input as it is."""
        return Scope(raw_input, raw_input, context, variables)

    def arguments(self, scope: Scope) -> Json:
        """`Arguments`, else the state's input."""
        return scope.input if self.given is None else self.given(scope)

    def finish(self, scope: Scope, result: Json) -> Outcome:
        """The state's outcome; `Assign` and `Output` see the same variables."""
        if self.exposes_result:
            scope = replace(scope, result=result)
        assigned = None if self.assign is None else self.assign(scope)
        return Outcome(result if self.output is None else self.output(scope), assigned)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonataCatchFlow:
    """`Output` and `Assign` of a catcher, which see `$states.errorOutput`."""

    output: Query | None = None
    assign: Query | None = None

    def finish(self, scope: Scope, error_output: Json) -> Outcome:
        """The outcome of the caught error; by default the error output itself."""
        scope = replace(scope, error_output=error_output)
        assigned = None if self.assign is None else self.assign(scope)
        return Outcome(error_output if self.output is None else self.output(scope), assigned)
