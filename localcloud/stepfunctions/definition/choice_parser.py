"""The rules of a Choice state."""

from __future__ import annotations

import re
from typing import Final

from localcloud.stepfunctions.definition.compiling import Compiler
from localcloud.stepfunctions.definition.fields import Fields
from localcloud.stepfunctions.definition.model import ChoiceRule, QueryLanguage
from localcloud.stepfunctions.query.choice_rules import (
    COMPARISONS,
    TYPE_TESTS,
    Compare,
    Every,
    IsPresent,
    Opposite,
    Some,
    TypeTest,
    operand_fits,
)
from localcloud.stepfunctions.query.fields import ExpressionCondition
from localcloud.stepfunctions.query.jsonata_expression import Typed, is_expression
from localcloud.stepfunctions.query.jsonata_flow import JsonataFlow
from localcloud.stepfunctions.query.jsonpath_flow import Discard, JsonPathFlow
from localcloud.stepfunctions.query.paths import StatePath
from localcloud.stepfunctions.query.scope import Condition, DataFlow
from localcloud.stepfunctions.query.templates import Constant

_RULE: Final = frozenset(["Comment", "Next", "Assign"])
_COMBINATORS: Final = ("And", "Or", "Not")
_WITH_PATH: Final = re.compile(r"(.+)Path")


def parse_rules(state: Compiler, output_path: StatePath | Discard | None) -> tuple[ChoiceRule, ...]:
    """The elements of `Choices`; `output_path` is the state's."""
    elements = list(state.fields.elements("Choices"))
    if "Choices" in state.fields and not elements:
        state.fields.error("Choices must not be empty", "Choices")
    return tuple(
        _rule(state.within(element, f"Choices[{index}]"), output_path)
        for index, element in enumerate(elements)
    )


def _rule(rule: Compiler, output_path: StatePath | Discard | None) -> ChoiceRule:
    rule.fields.require("Next")
    assign = rule.assignment()
    if rule.jsonata:
        rule.fields.allow(_RULE | {"Condition", "Output"})
        condition: Condition = _jsonata_condition(rule)
        flow: DataFlow = JsonataFlow(output=rule.payload("Output"), assign=assign)
    else:
        condition = _condition(rule.fields, extra=_RULE)
        flow = JsonPathFlow(output_path=output_path, assign=assign)
    return ChoiceRule(condition=condition, next=rule.fields.text("Next") or "", flow=flow)


def _never(_scope: object) -> bool:
    return False


def _jsonata_condition(rule: Compiler) -> Condition:
    if not rule.fields.require("Condition"):
        return _never
    value = rule.fields.value["Condition"]
    if isinstance(value, bool):
        return Constant(value)
    if not is_expression(value):
        rule.fields.error("Value must be a boolean or a JSONata expression", "Condition")
        return _never
    expression = rule.expression("Condition")
    return _never if expression is None else ExpressionCondition(Typed(expression, ("boolean",)))


def _condition(fields: Fields, extra: frozenset[str] = frozenset({"Comment"})) -> Condition:
    combinators = [name for name in _COMBINATORS if name in fields]
    operators = [name for name in fields.value if _is_operator(name)]
    found = combinators + operators
    if len(found) != 1:
        fields.error(
            "A choice rule needs exactly one comparison operator, And, Or or Not"
            + (f", but has [{', '.join(found)}]" if found else "")
        )
        return _never
    name = found[0]
    if name in combinators:
        fields.allow(extra | {name})
        return _combined(fields, name)
    fields.allow(extra | {name, "Variable"})
    return _comparison(fields, name)


def _is_operator(name: str) -> bool:
    if name in COMPARISONS or name in TYPE_TESTS or name == "IsPresent":
        return True
    with_path = _WITH_PATH.fullmatch(name)
    return with_path is not None and with_path[1] in COMPARISONS and name != "StringMatchesPath"


def _combined(fields: Fields, name: str) -> Condition:
    if name == "Not":
        inner = fields.inner("Not")
        return _never if inner is None else Opposite(_condition(inner))
    rules = tuple(_condition(each) for each in fields.elements(name))
    if not rules:
        fields.error(f"{name} must not be empty", name)
    return Every(rules) if name == "And" else Some(rules)


def _comparison(fields: Fields, name: str) -> Condition:
    compiler = Compiler(fields, QueryLanguage.JSONPATH)
    variable = compiler.path("Variable") if fields.require("Variable") else None
    if variable is None:
        return _never
    if name == "IsPresent":
        return IsPresent(variable, bool(fields.typed(name, "BOOLEAN")))
    if name in TYPE_TESTS:
        return TypeTest(variable, TYPE_TESTS[name], bool(fields.typed(name, "BOOLEAN")))
    compare = COMPARISONS[name if name in COMPARISONS else name.removesuffix("Path")]
    if name not in COMPARISONS:
        return Compare(variable, compare, compiler.path(name))
    if not operand_fits(name, fields.value[name]):
        fields.error(f"Value is not valid for {name}", name)
    return Compare(variable, compare, fields.value[name])
