"""Places in a YAML text, and edits of them that leave all other text as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from sluice.terminal.exits import OperatorError

# libyaml's reads the template twenty times faster; the places that it tells are the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_OTHER_THAN_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""Plain texts that YAML reads as something else."""


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


def scalar(text: str) -> str:
    """A text as YAML reads it back, also one such as `yes`, `1` or `a: b`.

    >>> scalar("name"), scalar("yes"), scalar("a: b")
    ('name', '"yes"', '"a: b"')
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _OTHER_THAN_TEXT:
        return text
    # JSON's escapes are YAML's, but for pairs of surrogates.
    letters = (json.dumps(c)[1:-1] if c <= "\uffff" else f"\\U{ord(c):08x}" for c in text)
    return f'"{"".join(letters)}"'


@lru_cache(maxsize=1)  # one command asks many questions about one template
def root_of(template: str) -> yaml.Node:
    """The mapping that the text of `template.yaml` is.

    Raises:
        OperatorError: it is none.
    """
    try:
        root = yaml.compose(template, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise OperatorError(f"template.yaml is no YAML: {error}") from error
    if not isinstance(root, yaml.MappingNode):
        raise OperatorError("template.yaml is no mapping of sections")
    return root


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A resource of a template, and where its lines begin and end."""

    value: yaml.Node
    start: int
    end: int


def resources_of(template: str) -> dict[str, Resource]:
    """The resources of a template by their logical names."""
    return {
        name.value: Resource(
            value=value,
            start=template.rfind("\n", 0, name.start_mark.index) + 1,
            end=template.find("\n", end_of(value) - 1) + 1 or len(template),
        )
        for name, value in members(member(root_of(template), "Resources"))
    }


def refuse_taken(template: str, name: str) -> None:
    """Refuse a name for a new resource.

    Raises:
        OperatorError: the template has one of this name.
    """
    if name in resources_of(template):
        raise OperatorError(f"template.yaml has a resource {name} already")


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
