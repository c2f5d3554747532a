"""Draw a workflow as indented lines, in the order in which states follow one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sluice.graph.layers import layered
from sluice.graph.model import CHOICE, END, START, Workflow
from sluice.graph.status import IDLE, NodeStatus
from sluice.terminal.output import paint
from sluice.terminal.render import colour_of

_MARKS = {
    "SUCCEEDED": "✓",
    "FAILED": "✗",
    "ABORTED": "✗",
    "CAUGHT": "!",
    "RUNNING": "▸",
    "WAITING": "?",
    IDLE: "·",
}
_NAME_WIDTH = 28


def lines(workflow: Workflow, statuses: Mapping[str, NodeStatus], depth: int = 0) -> Iterator[str]:
    """A line for each state: mark, name, note, and where it leads when it branches."""
    nodes = {node.name: node for node in workflow.nodes}
    for name in _order(workflow):
        node = nodes[name]
        status = statuses.get(name)
        mark = _MARKS[status.status if status else IDLE]
        text = f"{'  ' * depth}{mark} {name:<{_NAME_WIDTH - 2 * depth}}"
        text += f"  {status.note if status else '':<12}{_ways(workflow, name, status)}"
        yield paint(text.rstrip(), colour_of(status.status) if status else "dim")
        for inner in node.inner:
            yield from lines(inner, statuses, depth + 1)


def _order(workflow: Workflow) -> list[str]:
    """The states by how far they are from the start, then as they are defined."""
    rows = enumerate(layered(workflow).rows)
    row_of = {name: number for number, row in rows for name in row}
    states = [node.name for node in workflow.nodes if node.name not in {START, END}]
    return sorted(states, key=row_of.__getitem__)


def _ways(workflow: Workflow, name: str, status: NodeStatus | None) -> str:
    """`→` the states that follow where there is a choice; those taken, once one was."""
    ways = [each.target for each in workflow.edges if each.source == name and each.kind == CHOICE]
    taken = [way for way in ways if status and way in status.went_to]
    return f"  → {' | '.join(dict.fromkeys(taken or ways))}" if ways else ""
