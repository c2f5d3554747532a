"""The syntax tree of an expression.

The parser builds it as the text is written; `shaping` rearranges it into paths.
`kind` says which of the fields are used:

name, variable, string, number, value, regex    value
negate                                          lhs
array                                           items
object                                          pairs
binary, bind, apply                             value (the operator), lhs, rhs
condition                                       items: condition, then[, else]
block                                           items
call, partial                                   lhs: what is called, items: arguments
lambda                                          names: parameters, signature, rhs: body
transform                                       items: pattern, update[, delete]
path                                            items: steps
sort                                            terms
wildcard, descendant, placeholder, end          none
parent                                          slot
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Slot:
    """Where the parent of an item is kept while a path is walked, so many levels up."""

    label: str
    level: int = 1


@dataclass(slots=True, eq=False)
class Stage:
    """Something done to what a step found: keep what fits a filter, or number it by a variable."""

    filter: Node | None = None
    index: str = ""


@dataclass(slots=True, eq=False)
class Term:
    """One key of an order-by clause."""

    key: Node
    descending: bool


Pairs = list[tuple["Node", "Node"]]


@dataclass(slots=True, eq=False)
class Node:
    """One expression; see the module for its fields by kind."""

    kind: str
    value: Any = None
    lhs: Node | None = None
    rhs: Node | None = None
    items: list[Node] = field(default_factory=list)
    pairs: Pairs = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    signature: str = ""
    slot: Slot | None = None

    keeps_array: bool = False  # `[]` stands behind it: a single result stays an array
    keeps_singleton: bool = False  # a path some step of which keeps arrays
    constructs: bool = False  # an array constructor at an end of a path: not flattened
    predicates: list[Stage] = field(default_factory=list)  # of what is no step
    stages: list[Stage] = field(default_factory=list)  # of a step
    group: Pairs | None = None  # `{…}` behind it
    focus: str = ""  # `@$name`
    index: str = ""  # `#$name`
    ancestor: Slot | None = None  # the step's context is somebody's parent
    streams: bool = False  # items travel with the variables bound to them
    seeking: list[Slot] = field(default_factory=list)  # parents looked for further left

    def parts(self) -> Iterator[Node]:
        """The nodes within it."""
        yield from (part for part in (self.lhs, self.rhs) if part)
        yield from self.items
        yield from (part for pair in [*self.pairs, *(self.group or ())] for part in pair)
        yield from (term.key for term in self.terms)
        stages = [*self.stages, *self.predicates]
        yield from (stage.filter for stage in stages if stage.filter)
