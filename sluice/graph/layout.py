"""Where each node and each edge of a workflow is drawn, in pixels. Pure.

Rows are bands from the top down. Within a row the order is fixed and nodes want to stand straight
below and above their neighbours; the positions are the least-squares compromise.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.graph.layers import Layers, is_joint, layered
from sluice.graph.model import CATCH, CHOICE, END, NEXT, START, Edge, Node, Workflow

NODE_HEIGHT = 44.0
CAP_HEIGHT = 24.0
TITLE_HEIGHT = 30.0
PADDING = 16.0
_GAP_X = 28.0
_GAP_Y = 40.0
_CAP_WIDTH = 60.0
_JOINT_WIDTH = 10.0
_MIN_WIDTH = 140.0
# Of the interface font at 13 px, with room for an icon and a mark.
_CHARACTER_WIDTH = 8.0
_ICON_WIDTH = 58.0
# A container's note stands beside its name.
_NOTE_WIDTH = 90.0
_SWEEPS = 60

# How strongly an edge wants to be straight.
_PULL = {NEXT: 20.0, CHOICE: 3.0, CATCH: 0.2}
# A long edge bends at its ends, not on its way.
_JOINT_PULL = 12.0

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedNode:
    """A node with its upper left corner, in the coordinates of its workflow."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    inner: tuple[Picture, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A workflow laid out: its size, nodes, and for each edge the points that it passes."""

    width: float
    height: float
    nodes: tuple[PlacedNode, ...]
    edges: tuple[tuple[Edge, tuple[Point, ...]], ...]


@dataclass(slots=True)
class _Box:
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


def lay_out(workflow: Workflow) -> Picture:
    """Place a workflow and, inside its Maps and Parallels, theirs."""
    inner = {node.name: tuple(map(lay_out, node.inner)) for node in workflow.nodes}
    layers = layered(workflow)
    boxes = {node.name: _box(node, inner[node.name]) for node in workflow.nodes}
    _place_rows(layers, boxes)
    _straighten(layers, boxes)
    left = min(box.x - box.width / 2 for box in boxes.values())
    for box in boxes.values():
        box.x += PADDING - left
    placed = tuple(
        PlacedNode(
            node=node,
            x=boxes[node.name].x - boxes[node.name].width / 2,
            y=boxes[node.name].y,
            width=boxes[node.name].width,
            height=boxes[node.name].height,
            inner=inner[node.name],
        )
        for node in workflow.nodes
    )
    return Picture(
        width=max(box.x + box.width / 2 for box in boxes.values()) + PADDING,
        height=max(box.y + box.height for box in boxes.values()) + PADDING,
        nodes=placed,
        edges=tuple(
            (edge, _points(edge, path, layers, boxes)) for edge, path in layers.paths.items()
        ),
    )


def _box(node: Node, inner: Sequence[Picture]) -> _Box:
    if node.name in {START, END}:
        return _Box(_CAP_WIDTH, CAP_HEIGHT)
    width = max(_MIN_WIDTH, len(node.name) * _CHARACTER_WIDTH + _ICON_WIDTH)
    if not inner:
        return _Box(width, NODE_HEIGHT)
    across = sum(picture.width for picture in inner)
    return _Box(
        max(width + _NOTE_WIDTH, across), TITLE_HEIGHT + max(picture.height for picture in inner)
    )


def _place_rows(layers: Layers, boxes: dict[str, _Box]) -> None:
    """Give each row its band, and each node a first place from the left."""
    y = PADDING
    for row in layers.rows:
        height = max(boxes[name].height for name in row if not is_joint(name))
        x = 0.0
        for name in row:
            box = boxes.setdefault(name, _Box(_JOINT_WIDTH, height))
            box.x, box.y = x + box.width / 2, y + (height - box.height) / 2
            x += box.width + _GAP_X
        y += height + _GAP_Y


def _straighten(layers: Layers, boxes: Mapping[str, _Box]) -> None:
    pulls: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for edge, path in layers.paths.items():
        for upper, lower in itertools.pairwise(path):
            between_joints = is_joint(upper) and is_joint(lower)
            pull = _JOINT_PULL if between_joints else _PULL[edge.kind]
            pulls[upper][lower] = max(pull, pulls[upper].get(lower, 0.0))
            pulls[lower][upper] = pulls[upper][lower]
    for sweep in range(_SWEEPS):
        for row in layers.rows if sweep % 2 == 0 else reversed(layers.rows):
            wishes = [_wish(name, pulls[name], boxes) for name in row]
            _settle([boxes[name] for name in row], wishes)


def _wish(name: str, pulls: Mapping[str, float], boxes: Mapping[str, _Box]) -> tuple[float, float]:
    """Where a node wants to be, and how much."""
    weight = sum(pulls.values())
    if not weight:
        return boxes[name].x, 0.01
    return sum(boxes[other].x * pull for other, pull in pulls.items()) / weight, weight


def _settle(row: Sequence[_Box], wishes: Sequence[tuple[float, float]]) -> None:
    """The places nearest to the wishes that keep order and gaps: pool adjacent violators."""
    offsets = [0.0]
    for before, box in itertools.pairwise(row):
        offsets.append(offsets[-1] + (before.width + box.width) / 2 + _GAP_X)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, boxes
    for offset, (wish, weight) in zip(offsets, wishes, strict=True):
        mean, size = wish - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, other_weight, other_size = blocks.pop()
            mean = (mean * weight + other * other_weight) / (weight + other_weight)
            weight, size = weight + other_weight, size + other_size  # noqa: PLW2901 - one block
        blocks.append((mean, weight, size))
    bases = [mean for mean, _, size in blocks for _ in range(size)]
    for box, base, offset in zip(row, bases, offsets, strict=True):
        box.x = base + offset


def _points(
    edge: Edge, path: Sequence[str], layers: Layers, boxes: Mapping[str, _Box]
) -> tuple[Point, ...]:
    """From the lower side of the source to the upper side of the target."""
    first, *joints, last = (boxes[name] for name in path)
    points = [(first.x, first.y + first.height)]
    for joint in joints:
        points += [(joint.x, joint.y), (joint.x, joint.y + joint.height)]
    points.append((last.x, last.y))
    return tuple(reversed(points)) if edge in layers.reversed_edges else tuple(points)
