"""Draw a picture as accessible SVG: every state is a link that a keyboard reaches.

Colours live in `graph.css`, never in attributes, so that a page can be under a strict
Content-Security-Policy; `standalone` puts the style sheet into the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from sluice.graph.layout import TITLE_HEIGHT, Picture, PlacedNode, Point
from sluice.graph.model import CHOICE, END, START, Edge
from sluice.graph.status import IDLE, NodeStatus

STYLE_SHEET = Path(__file__).with_name("graph.css")

_LABEL_CHARACTERS = 24
_COMPARED = re.compile(r"= '([^']*)'")
_NOT_VISITED = NodeStatus(status=IDLE, note="", went_to=frozenset())

_ICONS = {
    "Task": "M1,1h10v10h-10zM4,4h4v4h-4z",
    "Map": "M4,4h7v7h-7zM1,8v-7h7",
    "Parallel": "M3,1v10M9,1v10",
    "Choice": "M6,0l6,6l-6,6l-6,-6z",
    "Wait": "M6,1a5,5 0 1 0 .01,0M6,3v3h3",
    "Pass": "M1,6h9M7,3l3,3l-3,3",
    "Succeed": "M1,6l4,4l6,-8",
    "Fail": "M2,2l8,8M10,2l-8,8",
}
MARKS = {
    "SUCCEEDED": "M1,6l4,4l6,-8",
    "FAILED": "M2,2l8,8M10,2l-8,8",
    "RUNNING": "M3,1l8,5l-8,5z",
    "WAITING": "M3,1v10M9,1v10",
    "CAUGHT": "M6,1v6M6,10v1",
    "ABORTED": "M2,2h8v8h-8z",
    IDLE: "",
}


def draw(picture: Picture, statuses: Mapping[str, NodeStatus]) -> str:
    """The SVG element of a picture."""
    width, height = f"{picture.width:.0f}", f"{picture.height:.0f}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="group" '
        f'aria-label="State machine" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}"><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" '
        'markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z"/></marker></defs>'
    )
    return head + "".join(_picture(picture, statuses)) + "</svg>"


def standalone(picture: Picture, statuses: Mapping[str, NodeStatus]) -> str:
    """The same as a file of its own, with its style."""
    style = f"<style>{STYLE_SHEET.read_text(encoding='utf-8')}</style>"
    head, marker, rest = draw(picture, statuses).partition("<defs>")
    return f"{head}{style}{marker}{rest}\n"


def anchor(name: str) -> str:
    """The id of a state's element."""
    return "state-" + "".join(c if c.isalnum() else "-" for c in name)


def _picture(picture: Picture, statuses: Mapping[str, NodeStatus]) -> Iterator[str]:
    for edge, points in picture.edges:
        taken = edge.target in statuses.get(edge.source, _NOT_VISITED).went_to
        classes = f"edge {edge.kind}" + (" taken" if taken else "")
        yield (
            f'<path class="{classes}" data-source="{escape(edge.source)}" '
            f'data-target="{escape(edge.target)}" d="{_curve(points)}" marker-end="url(#arrow)"/>'
        )
    for edge, points in picture.edges:
        if edge.kind == CHOICE:
            yield _label(edge, points)
    for placed in picture.nodes:
        yield from _node(placed, statuses)


def _curve(points: Sequence[Point]) -> str:
    """Vertical at both ends of each piece; straight where a piece is vertical."""
    (x, y), *others = points
    parts = [f"M{x:.1f},{y:.1f}"]
    for end_x, end_y in others:
        middle = (y + end_y) / 2
        parts.append(f"C{x:.1f},{middle:.1f} {end_x:.1f},{middle:.1f} {end_x:.1f},{end_y:.1f}")
        x, y = end_x, end_y
    return " ".join(parts)


def _label(edge: Edge, points: Sequence[Point]) -> str:
    """Where the edge arrives in the next row: there the ways of a choice are apart."""
    x, y = points[1]
    return (
        f'<text class="condition" x="{x:.1f}" y="{y - 13:.1f}">'
        f"<title>{escape(edge.label)}</title>{escape(_short(edge.label))}</text>"
    )


def _short(condition: str) -> str:
    """The text that a condition compares with, where it does nothing else.

    >>> _short("$states.input.verdict = 'ask'"), _short("$states.input.accepted > 0")
    ('ask', 'accepted > 0')
    """
    texts = _COMPARED.findall(condition)
    if texts:
        return str(texts[0])
    plain = condition.replace("$states.input.", "")
    return plain if len(plain) <= _LABEL_CHARACTERS else f"{plain[: _LABEL_CHARACTERS - 1]}…"


def _node(placed: PlacedNode, statuses: Mapping[str, NodeStatus]) -> Iterator[str]:
    node, x, y = placed.node, placed.x, placed.y
    size = f'width="{placed.width:.1f}" height="{placed.height:.1f}"'
    if node.name in {START, END}:
        middle_x, middle_y = x + placed.width / 2, y + placed.height / 2 + 4
        yield (
            f'<g class="cap"><rect x="{x:.1f}" y="{y:.1f}" {size} rx="12"/>'
            f'<text x="{middle_x:.1f}" y="{middle_y:.1f}">{node.kind}</text></g>'
        )
        return
    status = statuses.get(node.name, _NOT_VISITED)
    name = escape(node.name)
    yield (
        f'<a class="state {node.kind} {status.status.lower()}" id="{anchor(node.name)}" '
        f'data-state="{name}" data-kind="{node.kind}" href="#row-{anchor(node.name)}" '
        f'aria-label="{name}, {node.kind}, {status.status.lower()} {escape(status.note)}">'
        f'<title>{escape(node.comment)}</title><rect x="{x:.1f}" y="{y:.1f}" {size} rx="6"/>'
        f'<path class="icon" transform="translate({x + 10:.1f},{y + 9:.1f})" '
        f'd="{_ICONS.get(node.kind, "")}"/>'
        f'<text class="name" x="{x + 30:.1f}" y="{y + 19:.1f}">{name}</text>'
        f'<path class="mark" transform="translate({x + placed.width - 21:.1f},{y + 9:.1f})" '
        f'd="{MARKS[status.status]}"/>{_note(placed, status)}</a>'
    )
    inner_x = x + (placed.width - sum(picture.width for picture in placed.inner)) / 2
    for picture in placed.inner:
        yield f'<g transform="translate({inner_x:.1f},{y + TITLE_HEIGHT:.1f})">'
        yield from _picture(picture, statuses)
        yield "</g>"
        inner_x += picture.width


def _note(placed: PlacedNode, status: NodeStatus) -> str:
    """Below the name; in a container, at the right end of its title."""
    if placed.inner:
        x, y, side = placed.x + placed.width - 28, placed.y + 19, " end"
    else:
        x, y, side = placed.x + 30, placed.y + 35, ""
    text = escape(status.note or ("" if placed.inner else placed.node.kind))
    return f'<text class="note{side}" x="{x:.1f}" y="{y:.1f}">{text}</text>'
