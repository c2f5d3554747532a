"""JSONPath as Step Functions evaluates it (the semantics of Jayway's JsonPath).

A definite path names at most one value and fails when there is none.
An indefinite path (wildcard, slice, filter, `..`, several names) gives the list of all matches,
which may be empty.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from localcloud.stepfunctions.query.scope import Json

_MISSING: Final = object()


class PathSyntaxError(ValueError):
    """The text is no path."""


class PathNotFoundError(LookupError):
    """A definite path leads nowhere; the message is Jayway's."""


class NullInputError(PathNotFoundError):
    """A path was to be followed into null."""

    def __init__(self) -> None:
        super().__init__("Unable to apply Path transformation to null or empty input.")


class Step(Protocol):
    """One step of an indefinite path: from one node to any number of nodes."""

    def __call__(self, node: Json, root: Json, /) -> Iterator[Json]:
        """The nodes that the step leads to."""
        ...


@dataclass(frozen=True, slots=True)
class Names:
    """`['a']` or `['a','b']`."""

    names: tuple[str, ...]

    def __call__(self, node: Json, _root: Json) -> Iterator[Json]:
        """The nodes that the step leads to."""
        if isinstance(node, dict):
            if len(self.names) == 1:
                if self.names[0] in node:
                    yield node[self.names[0]]
            else:
                yield {name: node[name] for name in self.names if name in node}


@dataclass(frozen=True, slots=True)
class Indexes:
    """`[0]` or `[0,2]`; negative ones count from the end."""

    indexes: tuple[int, ...]

    def __call__(self, node: Json, _root: Json) -> Iterator[Json]:
        """The nodes that the step leads to."""
        if isinstance(node, list):
            for index in self.indexes:
                if -len(node) <= index < len(node):
                    yield node[index]


@dataclass(frozen=True, slots=True)
class Slice:
    """`[start:stop]`, either end open."""

    start: int | None
    stop: int | None

    def __call__(self, node: Json, _root: Json) -> Iterator[Json]:
        """The nodes that the step leads to."""
        if isinstance(node, list):
            yield from node[self.start : self.stop]


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*` or `[*]`: each member or element."""

    def __call__(self, node: Json, _root: Json) -> Iterator[Json]:
        """The nodes that the step leads to."""
        if isinstance(node, dict):
            yield from node.values()
        elif isinstance(node, list):
            yield from node


@dataclass(frozen=True, slots=True)
class Descend:
    """`..`: the node and everything below it, in document order."""

    def __call__(self, node: Json, root: Json) -> Iterator[Json]:
        """The nodes that the step leads to."""
        yield node
        children = node.values() if isinstance(node, dict) else node
        if isinstance(node, dict | list):
            for child in children:
                if isinstance(child, dict | list):
                    yield from self(child, root)


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(…)]`: the elements of an array (or a lone object) that satisfy a predicate."""

    predicate: Callable[[Json, Json], bool]

    def __call__(self, node: Json, root: Json) -> Iterator[Json]:
        """The nodes that the step leads to."""
        candidates = node if isinstance(node, list) else [node] if isinstance(node, dict) else []
        for candidate in candidates:
            if self.predicate(candidate, root):
                yield candidate


FUNCTIONS: Final[dict[str, Callable[[Json], Json]]] = {
    "length": len,
    "size": len,
    "keys": list,
    "min": min,
    "max": max,
    "sum": sum,
    "avg": statistics.fmean,
    "stddev": statistics.pstdev,
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
}


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path below its root (`$`, `$$` or a variable).

    `keys` is the leading run of single names and indexes; `steps` is what follows it.
    """

    text: str
    keys: tuple[str | int, ...]
    steps: tuple[Step, ...] = ()
    function: str | None = None

    @property
    def definite(self) -> bool:
        """Whether the path names at most one value."""
        return not self.steps

    def find(self, root: Json) -> Json:
        """The value of the path below `root`; a list when the path is indefinite.

        Raises:
            PathNotFoundError: a definite path that leads nowhere.
        """
        node = root
        for key in self.keys:
            if isinstance(node, dict):
                node = node.get(key, _MISSING)
            elif isinstance(node, list) and isinstance(key, int):
                node = node[key] if -len(node) <= key < len(node) else _MISSING
            else:
                node = _MISSING
            if node is _MISSING:
                return self._miss(root)
        if self.steps:
            node = self._walk(node, root)
        return self._call(node) if self.function else node

    def _miss(self, root: Json) -> Json:
        if self.definite:
            raise PathNotFoundError(self._explain(root))
        return self._call([])

    def _walk(self, node: Json, root: Json) -> list[Json]:
        nodes = [node]
        for step in self.steps:
            nodes = [found for node in nodes for found in step(node, root)]
        return nodes

    def _call(self, value: Json) -> Json:
        if self.function is None:
            return value
        try:
            return FUNCTIONS[self.function](value)
        except (TypeError, ValueError, IndexError):
            raise PathNotFoundError(
                f"Could not apply the function {self.function}() in path {self.text}"
            ) from None

    def _explain(self, root: Json) -> str:
        node, walked = root, "$"
        for position, key in enumerate(self.keys):
            if isinstance(key, int) and not isinstance(node, list):
                return (
                    f"Filter: [{key}] can only be applied to arrays. Current context is: {node}"
                    if node is not None
                    else f"The path {walked} is null"
                )
            if isinstance(key, str) and not isinstance(node, dict):
                return (
                    f"Expected to find an object with property ['{key}'] in path {walked} but found"
                    f" '{_java_class(node)}'. This is not a json object according to the"
                    " JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'."
                )
            walked += f"[{key}]" if isinstance(key, int) else f"['{key}']"
            try:
                node = node[key]
            except (KeyError, IndexError):
                last = position == len(self.keys) - 1
                return ("No results for path: " if last else "Missing property in path ") + walked
        raise AssertionError("the path was not found a moment ago")


def _java_class(node: Json) -> str:
    names = {str: "Text", bool: "Boolean", int: "Int", float: "Double", list: "Array"}
    return f"com.fasterxml.jackson.databind.node.{names.get(type(node), 'Null')}Node"
