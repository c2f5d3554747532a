"""The comparisons and combinators of JSONPath choice rules.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.jsonpath import PathNotFoundError
from localcloud.stepfunctions.query.paths import StatePath
from localcloud.stepfunctions.query.scope import Condition, Json, Scope, is_number
from localcloud.stepfunctions.query.timestamps import parse_timestamp

Comparison = Callable[[Json, Json], bool]


def is_timestamp(value: Json) -> bool:
    """Whether a JSON value is a timestamp."""
    return parse_timestamp(value) is not None


_KINDS: Final[dict[str, Callable[[Json], bool]]] = {
    "String": lambda value: isinstance(value, str),
    "Numeric": is_number,
    "Boolean": lambda value: isinstance(value, bool),
    "Timestamp": is_timestamp,
}
_ORDERS: Final[dict[str, Comparison]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}


def _typed(kind: str, order: str) -> Comparison:
    is_kind, compare = _KINDS[kind], _ORDERS[order]
    if kind == "Timestamp":
        return lambda left, right: (
            is_kind(left)
            and is_kind(right)
            and compare(parse_timestamp(left), parse_timestamp(right))
        )
    return lambda left, right: is_kind(left) and is_kind(right) and compare(left, right)


@lru_cache(maxsize=1024)
def _wildcard_pattern(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|\*|[^\\*]+|\\", pattern, re.DOTALL)
    regex = "".join(
        ".*" if part == "*" else re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part)  # noqa: PLR2004 - a backslash and its character
        for part in parts
    )
    return re.compile(regex, re.DOTALL)


def string_matches(value: Json, pattern: Json) -> bool:
    r"""`StringMatches`: `*` stands for any characters, `\*` for itself.

    >>> string_matches("log-2024.txt", "log-*.txt"), string_matches("a*b", r"a\*b")
    (True, True)
    """
    if not isinstance(value, str) or not isinstance(pattern, str):
        return False
    return _wildcard_pattern(pattern).fullmatch(value) is not None


COMPARISONS: Final[dict[str, Comparison]] = {
    **{
        kind + order: _typed(kind, order)
        for kind in ("String", "Numeric", "Timestamp")
        for order in _ORDERS
    },
    "BooleanEquals": _typed("Boolean", "Equals"),
    "StringMatches": string_matches,
}

TYPE_TESTS: Final[dict[str, Callable[[Json], bool]]] = {
    "IsNull": lambda value: value is None,
    "IsString": _KINDS["String"],
    "IsNumeric": is_number,
    "IsBoolean": _KINDS["Boolean"],
    "IsTimestamp": is_timestamp,
}


def operand_fits(name: str, value: Json) -> bool:
    """Whether a definition may compare with this constant under this operator."""
    kind = next((kind for kind in _KINDS if name.startswith(kind)), "Boolean")
    return _KINDS[kind](value)


def _look_up(path: StatePath, scope: Scope) -> Json:
    try:
        return path(scope)
    except PathNotFoundError as error:
        raise EvaluationError(
            "States.Runtime",
            f"Invalid path '{path.text}': The choice state's condition path"
            " references an invalid value.",
        ) from error


@dataclass(frozen=True, slots=True)
class Compare:
    """`Variable` against a constant or against another path."""

    variable: StatePath
    compare: Comparison
    operand: Json | StatePath

    def __call__(self, scope: Scope) -> bool:
        """Whether the comparison holds; values of other types never do."""
        value = _look_up(self.variable, scope)
        operand = self.operand
        if isinstance(operand, StatePath):
            operand = _look_up(operand, scope)
        return self.compare(value, operand)


@dataclass(frozen=True, slots=True)
class TypeTest:
    """`IsNull`, `IsString` and their like."""

    variable: StatePath
    test: Callable[[Json], bool]
    expected: bool

    def __call__(self, scope: Scope) -> bool:
        """Whether the value is (or, with `false`, is not) of the type."""
        return self.test(_look_up(self.variable, scope)) is self.expected


@dataclass(frozen=True, slots=True)
class IsPresent:
    """Whether the variable leads anywhere."""

    variable: StatePath
    expected: bool

    def __call__(self, scope: Scope) -> bool:
        """Whether it is (or, with `false`, is not) there."""
        try:
            found = self.variable(scope)
        except PathNotFoundError:
            return not self.expected
        return (self.variable.path.definite or found != []) is self.expected


@dataclass(frozen=True, slots=True)
class Every:
    """`And`."""

    rules: Sequence[Condition]

    def __call__(self, scope: Scope) -> bool:
        """Whether all rules match; stops at the first that does not."""
        return all(rule(scope) for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Some:
    """`Or`."""

    rules: Sequence[Condition]

    def __call__(self, scope: Scope) -> bool:
        """Whether a rule matches; stops at the first that does."""
        return any(rule(scope) for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Opposite:
    """`Not`."""

    rule: Condition

    def __call__(self, scope: Scope) -> bool:
        """Whether the rule does not match."""
        return not self.rule(scope)
