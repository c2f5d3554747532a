"""A state machine's definition as nodes and edges. Pure.

Source: https://states-language.net/spec.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

START = "(start)"
END = "(end)"

NEXT = "next"
CHOICE = "choice"
CATCH = "catch"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """A transition; `kind` is `next`, `choice` or `catch`."""

    source: str
    target: str
    kind: str
    label: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A state, or one of the two caps START and END. A Map or Parallel holds workflows."""

    name: str
    kind: str
    comment: str = ""
    inner: tuple[Workflow, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Workflow:
    """The states of one level; START leads to the first, and states with `End` to END."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @classmethod
    def parse(cls, definition: Mapping[str, Any]) -> Workflow:
        """Read a definition that Step Functions has accepted."""
        states: Mapping[str, Mapping[str, Any]] = definition["States"]
        first = Edge(source=START, target=definition["StartAt"], kind=NEXT)
        edges = (first, *(edge for name, state in states.items() for edge in _edges(name, state)))
        caps = {START: "Start", END: "End"}
        used = {edge.target for edge in edges} | {START}
        nodes = [Node(name=name, kind=kind) for name, kind in caps.items() if name in used]
        nodes += [
            Node(
                name=name,
                kind=state["Type"],
                comment=state.get("Comment", ""),
                inner=tuple(cls.parse(inner) for inner in _inner(state)),
            )
            for name, state in states.items()
        ]
        return cls(nodes=tuple(nodes), edges=tuple(dict.fromkeys(edges)))


def _edges(name: str, state: Mapping[str, Any]) -> Iterator[Edge]:
    for choice in state.get("Choices", ()):
        yield Edge(source=name, target=choice["Next"], kind=CHOICE, label=_condition(choice))
    if "Default" in state:
        yield Edge(source=name, target=state["Default"], kind=CHOICE, label="otherwise")
    if "Next" in state:
        yield Edge(source=name, target=state["Next"], kind=NEXT)
    elif state.get("End"):
        yield Edge(source=name, target=END, kind=NEXT)
    for catcher in state.get("Catch", ()):
        errors = ", ".join(catcher["ErrorEquals"])
        yield Edge(source=name, target=catcher["Next"], kind=CATCH, label=errors)


def _condition(choice: Mapping[str, Any]) -> str:
    """A rule in a few words: its JSONata, else variable and operator."""
    if "Condition" in choice:
        return str(choice["Condition"]).removeprefix("{%").removesuffix("%}").strip()
    operator = next((k for k in choice if k not in {"Variable", "Next", "Comment"}), "")
    return f"{choice.get('Variable', '')} {operator} {choice.get(operator, '')}".strip()


def _inner(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if state["Type"] == "Map":
        return [state["ItemProcessor"] if "ItemProcessor" in state else state["Iterator"]]
    return list(state.get("Branches", ()))
