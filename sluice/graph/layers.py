"""Which nodes stand in which row, and in which order, so that edges run down and rarely cross.

Sugiyama's method: break cycles, give each node the longest distance from the start as its row,
let long edges pass through a joint in each row between, then order rows by barycentres.
Edges of one kind to one target share their joints: they meet in one trunk.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.graph.model import START, Edge, Workflow

# Down and up again; our graphs settle after four.
_SWEEPS = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Layers:
    """Rows of names (nodes and joints) and, for each edge, the names that it passes through.

    `reversed_edges` run up: they close a cycle.
    """

    rows: tuple[tuple[str, ...], ...]
    paths: Mapping[Edge, tuple[str, ...]]
    reversed_edges: frozenset[Edge]


def layered(workflow: Workflow) -> Layers:
    """Rows and order for a workflow."""
    order, upward = _walk(workflow)
    arcs = {
        edge: (edge.target, edge.source) if edge in upward else (edge.source, edge.target)
        for edge in workflow.edges
        if edge.source != edge.target
    }
    rank = _ranks(order, list(arcs.values()))
    rows: defaultdict[int, list[str]] = defaultdict(list)
    for name in order:
        rows[rank[name]].append(name)
    paths: dict[Edge, tuple[str, ...]] = {}
    for edge, (above, below) in arcs.items():
        joints = [_joint(edge, row) for row in range(rank[above] + 1, rank[below])]
        for row, joint in enumerate(joints, rank[above] + 1):
            if joint not in rows[row]:
                rows[row].append(joint)
        paths[edge] = (above, *joints, below)
    ordered = _ordered([rows[row] for row in sorted(rows)], list(paths.values()))
    return Layers(
        rows=tuple(tuple(row) for row in ordered), paths=paths, reversed_edges=frozenset(upward)
    )


def is_joint(name: str) -> bool:
    """Whether a name stands for a bend of a long edge."""
    return name.startswith("~")


def _joint(edge: Edge, row: int) -> str:
    return f"~{edge.kind}~{edge.target}~{row}"


def _walk(workflow: Workflow) -> tuple[list[str], set[Edge]]:
    """Nodes in topological order, without the edges that lead back to where the walk came from."""
    leaving: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in workflow.edges:
        leaving[edge.source].append(edge)
    on_the_way: set[str] = set()
    done: dict[str, None] = {}
    upward: set[Edge] = set()

    def visit(name: str) -> None:
        on_the_way.add(name)
        for edge in leaving[name]:
            if edge.target in on_the_way:
                upward.add(edge)
            elif edge.target not in done:
                visit(edge.target)
        on_the_way.remove(name)
        done[name] = None

    for name in (START, *(node.name for node in workflow.nodes)):
        if name not in done:
            visit(name)
    return list(reversed(done)), upward


def _ranks(order: Sequence[str], arcs: Sequence[tuple[str, str]]) -> dict[str, int]:
    below: defaultdict[str, list[str]] = defaultdict(list)
    for source, target in arcs:
        below[source].append(target)
    rank = dict.fromkeys(order, 0)
    for name in order:
        for target in below[name]:
            rank[target] = max(rank[target], rank[name] + 1)
    return rank


def _ordered(rows: list[list[str]], paths: Sequence[Sequence[str]]) -> list[list[str]]:
    """The order with the fewest crossings among those that the sweeps come by."""
    above: defaultdict[str, list[str]] = defaultdict(list)
    below: defaultdict[str, list[str]] = defaultdict(list)
    for upper, lower in {pair for path in paths for pair in itertools.pairwise(path)}:
        below[upper].append(lower)
        above[lower].append(upper)
    best, fewest = rows, _crossings(rows, below)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        rows = _swept(rows, above, down=True) if down else _swept(rows, below, down=False)
        if (crossings := _crossings(rows, below)) < fewest:
            best, fewest = rows, crossings
    return best


def _swept(
    rows: list[list[str]], neighbours: Mapping[str, Sequence[str]], *, down: bool
) -> list[list[str]]:
    """Each row sorted by the mean place of its neighbours in the row before."""
    result: list[list[str]] = []
    for row in rows if down else reversed(rows):
        places = {name: place for place, name in enumerate(result[-1])} if result else {}
        weight = {
            name: _mean([places[each] for each in neighbours[name]], place)
            for place, name in enumerate(row)
        }
        result.append(sorted(row, key=weight.__getitem__))
    return result if down else result[::-1]


def _mean(places: Sequence[int], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _crossings(rows: Sequence[Sequence[str]], below: Mapping[str, Sequence[str]]) -> int:
    count = 0
    for row, following in itertools.pairwise(rows):
        places = {name: place for place, name in enumerate(following)}
        ends = [sorted(places[each] for each in below[name]) for name in row]
        seen: list[int] = []
        for places_below in ends:
            count += sum(1 for other in seen for place in places_below if other > place)
            seen.extend(places_below)
    return count
