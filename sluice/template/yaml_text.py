"""Places in a YAML text, and edits of them that leave all other text as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from sluice.terminal.exits import OperatorError

# libyaml's reads the template twenty times faster; the places that it tells are the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """Put `text` in the place of what stands from `start` to `end`."""

    start: int
    end: int
    text: str

    @classmethod
    def insertion(cls, at: int, text: str) -> Edit:
        """Put `text` between what stands before `at` and what stands behind it."""
        return cls(start=at, end=at, text=text)


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Carry out edits that do not overlap, the last first, so that places stay where they are."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@lru_cache(maxsize=1)  # one command asks many questions about one template
def root_of(text: str, name: str) -> yaml.Node:
    """The mapping that a YAML text is.

    Raises:
        OperatorError: it is none; the message calls it `name`.
    """
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise OperatorError(f"{name} is no YAML: {error}") from error
    if not isinstance(root, yaml.MappingNode):
        raise OperatorError(f"{name} is no mapping of sections")
    return root


def members(node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """The names and values of a mapping; none for any other node."""
    return node.value if isinstance(node, yaml.MappingNode) else []


def member(node: yaml.Node, *path: str) -> yaml.Node:
    """The value at the end of a path of names.

    Raises:
        OperatorError: there is none.
    """
    for name in path:
        found = next((value for key, value in members(node) if key.value == name), None)
        if found is None:
            raise OperatorError(f"template.yaml has no {' / '.join(path)}")
        node = found
    return node


def nodes(
    node: yaml.Node, parent: yaml.Node | None = None
) -> Iterator[tuple[yaml.Node, yaml.Node | None]]:
    """Every node at and below this one, each with the node that holds it."""
    yield node, parent
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from nodes(item, node)
    for _, value in members(node):
        yield from nodes(value, node)


def end_of(node: yaml.Node) -> int:
    """Where a node's own text ends; a block's mark stands behind blanks and remarks after it."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return end_of(last[1] if isinstance(node, yaml.MappingNode) else last)
    end: int = node.end_mark.index
    return end
