"""How long each stage of a run took, from the times at which they began."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from pipeline import timestamps

STAGES = ("validate", "convert", "judge", "wait", "load", "settle", "finish")
"""In order; a run skips those that it has no use for, and `finish` ends the one before."""


def seconds_by_stage(marks: Mapping[str, str]) -> dict[str, float]:
    """Return the seconds of each stage that was begun and has ended, in order.

    >>> seconds_by_stage({"validate": "2026-07-01T09:30:00.000Z", "finish": "2026-07-01T09:30:01Z"})
    {'validate': 1.0}

    A stage that a redrive began again counts from then on, without what came in between.
    """
    begun = sorted(
        (timestamps.from_text(marks[stage]), n, stage)
        for n, stage in enumerate(STAGES)
        if stage in marks
    )
    return {
        stage: round((following - began).total_seconds(), 3)
        for (began, _, stage), (following, *_) in pairwise(begun)
        if stage != "finish"
    }
