"""Compiling single fields of a state, whatever its query language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from localcloud.stepfunctions.definition.fields import Fields
from localcloud.stepfunctions.definition.model import QueryLanguage
from localcloud.stepfunctions.query.fields import (
    ExpressionInteger,
    FixedInteger,
    PathInteger,
    Percentage,
    numeric,
    textual,
)
from localcloud.stepfunctions.query.jsonata_expression import (
    Expression,
    ExpressionSyntaxError,
    compile_expression,
    compile_value,
    is_expression,
    is_half_delimited,
)
from localcloud.stepfunctions.query.jsonata_references import states_members, top_level_references
from localcloud.stepfunctions.query.jsonpath_flow import Discard
from localcloud.stepfunctions.query.paths import StatePath, parse_path
from localcloud.stepfunctions.query.reference_path import parse_reference_path
from localcloud.stepfunctions.query.scope import IntegerQuery, Json, Query
from localcloud.stepfunctions.query.templates import (
    Constant,
    TemplateSyntaxError,
    compile_field,
    compile_template,
)

LONGEST_VARIABLE: Final = 80  # characters

NOTHING = Constant(None)  # stands in for a field that has been reported


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles fields of one object of a state.

    `prefix` is put in front of field names in run-time errors, as in `Choices[0]/Condition`.
    """

    fields: Fields
    language: QueryLanguage
    prefix: str = ""

    @property
    def jsonata(self) -> bool:
        """Whether the state speaks JSONata."""
        return self.language is QueryLanguage.JSONATA

    def within(self, fields: Fields, step: str) -> Compiler:
        """A compiler for an object inside this one."""
        return Compiler(fields, self.language, f"{self.prefix}{step}/")

    def payload(self, name: str) -> Query | None:
        """A payload template, or JSON with expressions."""
        if name not in self.fields:
            return None
        value = self.fields.value[name]
        return self.expressions(name, value) if self.jsonata else self._template(name, value)

    def assignment(self) -> Query | None:
        """`Assign`: an object of variables."""
        if self.fields.typed("Assign", "OBJECT") is None:
            return None
        for variable in self.fields.value["Assign"]:
            name = variable if self.jsonata else variable.removesuffix(".$")
            if name == "states":
                self.fields.error("Variable name 'states' is reserved", "Assign")
            elif not name.isidentifier() or len(name) > LONGEST_VARIABLE:
                self.fields.error(f"Variable name '{name}' is not valid", "Assign")
        return self.payload("Assign")

    def expressions(self, name: str, value: Json) -> Query:
        """JSON with expressions."""
        self._check_references(name, value)
        try:
            return compile_value(value, self.prefix + name)
        except ExpressionSyntaxError as error:
            inside = error.location.removeprefix(self.prefix)
            self.fields.report.error(
                str(error), self.fields.at(inside), "INVALID_JSONATA_EXPRESSION"
            )
            return NOTHING

    def _template(self, name: str, value: Json) -> Query:
        try:
            return compile_template(value)
        except TemplateSyntaxError as error:
            self.fields.error(str(error), name)
            return NOTHING

    def expression(self, name: str) -> Expression | None:
        """A field that has to be one expression."""
        text = self.fields.value.get(name)
        if not isinstance(text, str) or not is_expression(text):
            self.fields.error("Value must be a JSONata expression", name)
            return None
        self._check_references(name, text)
        try:
            return compile_expression(text, self.prefix + name)
        except ExpressionSyntaxError as error:
            self.fields.report.error(str(error), self.fields.at(name), "INVALID_JSONATA_EXPRESSION")
            return None

    def _check_references(self, name: str, value: Json, inside: str = "") -> None:
        """Report what an expression cannot refer to, and texts that are hardly meant as such."""
        where = self.fields.at(name) + inside
        if is_expression(value):
            self._check_expression(value, where)
        elif isinstance(value, str) and is_half_delimited(value):
            self.fields.report.error(
                "A JSONata expression must start with '{%' and end with '%}'",
                where,
                "INVALID_JSONATA_EXPRESSION",
            )
        elif isinstance(value, dict):
            for key, item in value.items():
                self._check_references(name, item, f"{inside}/{key}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._check_references(name, item, f"{inside}[{index}]")

    def _check_expression(self, value: str, where: str) -> None:
        """An expression has no context item, and an error output only in a catcher."""
        for reference in top_level_references(value):
            self.fields.report.error(
                f"Reference to '{reference}' at the top level is not supported.",
                where,
                "UNSUPPORTED_JSONATA_EXPRESSION",
            )
        if "errorOutput" in states_members(value) and not self.prefix.startswith("Catch["):
            self.fields.report.error(
                "Reference to '$states.errorOutput' is only supported in a Catch.",
                where,
                "UNSUPPORTED_JSONATA_EXPRESSION",
            )

    def path(self, name: str) -> StatePath | None:
        """A field that holds a path."""
        text = self.fields.text(name)
        if text is None:
            return None
        try:
            return parse_path(text)
        except ValueError:
            self.fields.error("Value is not a valid JSONPath", name)
            return None

    def require_reference_paths(self, *names: str) -> None:
        """Report fields that refer to the context object where AWS does not allow it."""
        for name in names:
            text = self.fields.value.get(name)
            if isinstance(text, str) and text.startswith("$$"):
                self.fields.error("Value is not a Reference Path", name)

    def filter_path(self, name: str) -> StatePath | Discard | None:
        """`InputPath` or `OutputPath`; None stands for the whole document."""
        if name in self.fields and self.fields.value[name] is None:
            return Discard()
        return None if self.fields.value.get(name) == "$" else self.path(name)

    def result_path(self) -> StatePath | Discard | None:
        """`ResultPath`; None stands for the result alone."""
        if "ResultPath" in self.fields and self.fields.value["ResultPath"] is None:
            return Discard()
        text = self.fields.text("ResultPath")
        if text is None or text == "$":
            return None
        try:
            return parse_reference_path(text)
        except ValueError:
            self.fields.error(
                f"Value is not a Reference Path: {text} does not name a single place", "ResultPath"
            )
            return None

    def integer(
        self, name: str, low: int, high: int, *, computed_low: int | None = None
    ) -> IntegerQuery | None:
        """`name` as an integer or an expression, or `namePath` as a path.

        What a path or an expression gives may be as low as `computed_low`.
        """
        lowest = low if computed_low is None else computed_low
        if not self.jsonata:
            self.fields.at_most_one(name, f"{name}Path")
            path = self.path(f"{name}Path")
            if path is not None:
                return PathInteger(f"{name}Path", path, lowest, high)
        elif isinstance(self.fields.value.get(name), str):
            expression = self.expression(name)
            if expression is None:
                return None
            return ExpressionInteger(self.prefix + name, numeric(expression), lowest, high)
        value = self.fields.integer(name, low, high)
        return None if value is None else FixedInteger(value)

    def percentage(self, name: str) -> Query | None:
        """`name` as a number or an expression, or `namePath` as a path."""
        if not self.jsonata:
            self.fields.at_most_one(name, f"{name}Path")
            path = self.path(f"{name}Path")
            if path is not None:
                return Percentage(f"{name}Path", path)
        elif isinstance(self.fields.value.get(name), str):
            expression = self.expression(name)
            return None if expression is None else Percentage(name, numeric(expression))
        value = self.fields.number(name, 0.0, 100.0)
        return None if value is None else Constant(value)

    def message(self, name: str) -> Query | None:
        """`Error` or `Cause`: a text, a path to one (`namePath`), or an expression."""
        if not self.jsonata:
            self.fields.at_most_one(name, f"{name}Path")
            text = self.fields.text(f"{name}Path")
            if text is not None:
                try:
                    return compile_field(f"{name}Path", text)
                except TemplateSyntaxError as error:
                    self.fields.error(str(error), f"{name}Path")
                    return None
        elif is_expression(self.fields.value.get(name)):
            expression = self.expression(name)
            return None if expression is None else textual(expression)
        value = self.fields.text(name)
        return None if value is None else Constant(value)
