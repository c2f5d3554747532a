"""Small charts as SVG, drawn on the server. Pure; colours live in the style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

_WIDTH, _HEIGHT = 600, 90
_GAP = 2
_LEAST_HEIGHT = 1.5
"""Of a bar that stands for something."""


def bars(
    title: str, labels: Sequence[str], *series: tuple[str, Sequence[float]], height: int = _HEIGHT
) -> Markup:
    """Bars side by side, of each place those of all series on top of each other.

    `labels` say what a bar stands for; a series is the class of its bars and its numbers.
    """
    totals = [sum(numbers) for numbers in zip(*(numbers for _, numbers in series), strict=True)]
    highest = max(totals, default=0) or 1
    width = _WIDTH / max(len(totals), 12)
    head = f'viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}"'
    parts = [f'<svg class="chart" preserveAspectRatio="none" {head}>']
    for place, label in enumerate(labels):
        y = float(height)
        parts.append(f"<g><title>{escape(label)}</title>")
        for name, numbers in series:
            tall = _tall(numbers[place], highest, height)
            y -= tall
            parts.append(
                f'<rect class="{name}" x="{place * width:.1f}" y="{y:.1f}" '
                f'width="{width - _GAP:.1f}" height="{tall:.1f}"/>'
            )
        parts.append("</g>")
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 - every text above is escaped


def _tall(number: float, highest: float, height: int) -> float:
    return max(_LEAST_HEIGHT, (height - 2) * number / highest) if number else 0.0
