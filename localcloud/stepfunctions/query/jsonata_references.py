"""Names in an expression that nothing stands for, because a state has no context item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from localcloud.jsonata import JsonataError, Node
from localcloud.stepfunctions.query.jsonata_expression import compile_text

# Kinds whose parts see a context item of their own.
_OWN_CONTEXT: Final = frozenset(["lambda", "transform"])


def top_level_references(value: str) -> list[str]:
    """The names and roots an expression refers to where there is no context item to find them in.

    >>> top_level_references("{% phone & $x.name %}")
    ['phone']
    """
    try:
        tree = compile_text(value[2:-2].strip()).tree
    except JsonataError:
        return []
    return list(dict.fromkeys(_references(tree)))


def _references(node: Node) -> Iterator[str]:
    """Visit the parts of a tree that are evaluated without a context item."""
    if node.kind == "name":
        yield node.value
    elif node.kind == "variable" and node.value in {"", "$"}:
        yield f"${node.value}"
    elif node.kind == "path":
        yield from _references(node.items[0])
    elif node.kind not in _OWN_CONTEXT:
        for part in (node.lhs, node.rhs):
            if part and not (node.kind in {"call", "partial"} and part.kind == "path"):
                yield from _references(part)
        for part in (*node.items, *(part for pair in node.pairs for part in pair)):
            yield from _references(part)


def states_members(value: str) -> set[str]:
    """The members of `$states` that an expression names.

    >>> states_members("{% [$states.input.a, $states.errorOutput] %}") == {"input", "errorOutput"}
    True
    """
    try:
        return set(_members(compile_text(value[2:-2].strip()).tree))
    except JsonataError:
        return set()


def _members(node: Node) -> Iterator[str]:
    if node.kind == "path" and node.items[0].kind == "variable":
        first, *rest = node.items
        if first.value == "states" and rest and rest[0].kind == "name":
            yield rest[0].value
    for part in node.parts():
        yield from _members(part)
