"""Bars of visits stand within the run's time, whatever the clocks say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sluice.console.timeline import rows
from sluice.runs.history import RUNNING, StateVisit
from tests.support.runs import START, VISIT

SECONDS = st.integers(-5_000, 5_000)


def visit(began: int, ended: int | None) -> StateVisit:
    return replace(
        VISIT,
        name="Load",
        status=RUNNING,
        started_at=START + timedelta(seconds=began),
        ended_at=None if ended is None else START + timedelta(seconds=ended),
    )


@given(st.lists(st.tuples(SECONDS, st.none() | SECONDS), min_size=1), SECONDS)
def test_no_bar_leaves_the_picture_and_no_duration_is_negative(
    spans: list[tuple[int, int | None]], now: int
) -> None:
    drawn = rows([visit(*span) for span in spans], START + timedelta(seconds=now))
    for row in drawn:
        assert 0 <= row.bar.start <= 100
        assert 0 < row.bar.width <= 100.01
        assert row.bar.start + row.bar.width <= 100.01
        assert not row.took.startswith("-")
        assert not row.after.startswith("-")


def test_bars_follow_one_another() -> None:
    first, second = rows([visit(0, 30), visit(30, 40)], START + timedelta(seconds=40))
    assert (first.bar.start, first.bar.width) == (0, 75)
    assert (second.bar.start, second.bar.width) == (75, 25)
    assert (first.id, second.id) == ("row-state-Load", ""), "once for each state"
