"""The data flow of JSONPath states: InputPath, Parameters, ResultSelector, ResultPath, OutputPath.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.jsonpath import NullInputError, PathNotFoundError
from localcloud.stepfunctions.query.paths import StatePath
from localcloud.stepfunctions.query.reference_path import insert
from localcloud.stepfunctions.query.scope import Json, Outcome, Query, Scope


@dataclass(frozen=True, slots=True)
class Discard:
    """A path field that is `null`: an empty object, or a result that is thrown away."""


def follow(path: StatePath, scope: Scope, document: Json) -> Json:
    """The value of an `InputPath`, `OutputPath` or `ItemsPath`.

    Raises:
        EvaluationError: `States.Runtime`, the path leads nowhere.
    """
    try:
        return path.find(scope, document)
    except NullInputError as error:
        raise EvaluationError("States.Runtime", str(error)) from error
    except PathNotFoundError as error:
        raise EvaluationError("States.Runtime", f"Invalid path '{path.text}' : {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonPathFlow:
    """The data flow of one state; None stands for a field's default, which is no change."""

    input_path: StatePath | Discard | None = None
    parameters: Query | None = None
    result_selector: Query | None = None
    result_path: StatePath | Discard | None = None
    output_path: StatePath | Discard | None = None
    assign: Query | None = None

    def enter(
        self, raw_input: Json, context: Mapping[str, Json], variables: Mapping[str, Json]
    ) -> Scope:
        """The state's scope, whose `input` is what `InputPath` selects."""
        scope = Scope(raw_input, raw_input, context, variables)
        if self.input_path is None:
            return scope
        return replace(scope, input=self._filter(self.input_path, scope, raw_input))

    def arguments(self, scope: Scope) -> Json:
        """`Parameters` (or a Pass state's `Result`), else the effective input."""
        return scope.input if self.parameters is None else self.parameters(scope)

    def select(self, scope: Scope, result: Json) -> Json:
        """What `ResultSelector` makes of the result."""
        if self.result_selector is None:
            return result
        return self.result_selector(replace(scope, input=result))

    def combine(self, scope: Scope, selected: Json) -> Json:
        """The raw input with the selected result at `ResultPath`."""
        if self.result_path is None:
            return selected
        if isinstance(self.result_path, Discard):
            return scope.raw_input
        return insert(scope.raw_input, self.result_path, selected)

    def finish(self, scope: Scope, result: Json) -> Outcome:
        """The state's outcome; `Assign` sees the selected result as `$`."""
        selected = self.select(scope, result)
        assigned = None if self.assign is None else self.assign(replace(scope, input=selected))
        output = self.combine(scope, selected)
        if self.output_path is not None:
            output = self._filter(self.output_path, scope, output)
        return Outcome(output, assigned)

    def _filter(self, path: StatePath | Discard, scope: Scope, document: Json) -> Json:
        return {} if isinstance(path, Discard) else follow(path, scope, document)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonPathCatchFlow:
    """`ResultPath` and `Assign` of a catcher."""

    result_path: StatePath | Discard | None = None
    assign: Query | None = None

    def finish(self, scope: Scope, error_output: Json) -> Outcome:
        """The raw input with the error output at `ResultPath`; `Assign` sees it as `$`."""
        return JsonPathFlow(result_path=self.result_path, assign=self.assign).finish(
            scope, error_output
        )
