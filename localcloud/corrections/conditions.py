"""moto parses a condition twice for each request, which costs more than the write itself.

Here an expression with the same names and values is parsed once.  What was parsed holds no
state, so requests may share it; expressions that are refused are parsed again each time.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.comparisons import ConditionExpressionParser

_KEPT = 128
_LONGEST_KEY = 4_000
"""Characters; an expression with longer values is not kept."""


@dataclass(frozen=True, slots=True)
class _Parsed:
    condition: Any
    names: tuple[str, ...]
    values: tuple[str, ...]


def parse_once() -> None:
    """Let equal conditions be parsed once."""
    parsers: Any = ConditionExpressionParser
    parse = parsers.parse
    if hasattr(parse, "__wrapped__"):
        return
    kept: OrderedDict[str, _Parsed] = OrderedDict()

    @functools.wraps(parse)
    def parse_or_remember(self: Any) -> Any:
        key = repr(
            (
                self.condition_expression,
                self.expression_attribute_names,
                self.expression_attribute_values,
            )
        )
        parsed = kept.get(key)
        if parsed is None:
            condition = parse(self)
            if len(key) <= _LONGEST_KEY:
                names, values = self.expr_attr_names_found, self.expr_attr_values_found
                kept[key] = _Parsed(condition, tuple(names), tuple(values))
                while len(kept) > _KEPT:
                    kept.popitem(last=False)
            return condition
        self.expr_attr_names_found.extend(parsed.names)
        self.expr_attr_values_found.extend(parsed.values)
        return parsed.condition

    parsers.parse = parse_or_remember
