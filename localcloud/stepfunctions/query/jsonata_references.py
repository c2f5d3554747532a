"""Names in an expression that nothing stands for, because a state has no context item."""

from __future__ import annotations

from typing import Final

from localcloud.stepfunctions.query.jsonata_expression import FAILURES, compile_text
from localcloud.stepfunctions.query.scope import Json

# Where a syntax tree keeps the parts that share the context item of the whole.
_PARTS: Final = (
    "lhs",
    "rhs",
    "expression",
    "expressions",
    "condition",
    "then",
    "_else",
    "lhs_object",
)


def top_level_references(value: str) -> list[str]:
    """The names and roots an expression refers to where there is no context item to find them in.

    >>> top_level_references("{% phone & $x.name %}")
    ['phone']
    """
    try:
        tree = compile_text(value[2:-2].strip()).ast
    except FAILURES:
        return []
    found: list[str] = []
    _collect_references(tree, found)
    return list(dict.fromkeys(found))


def _collect_references(node: Json, found: list[str]) -> None:
    """Visit the parts of a syntax tree that are evaluated without a context item."""
    if isinstance(node, list | tuple):
        for part in node:
            _collect_references(part, found)
        return
    kind = getattr(node, "type", None)
    if kind == "path":
        _collect_references(node.steps[0], found)
    elif kind == "name":
        found.append(node.value)
    elif kind == "variable" and node.value in {"", "$"}:
        found.append("$" + node.value)
    elif kind is not None and kind != "lambda":
        for part in _PARTS:
            _collect_references(getattr(node, part, None), found)
        if kind in {"function", "partial"}:
            _collect_references(node.arguments, found)
