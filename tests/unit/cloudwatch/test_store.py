"""Metrics by minute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.cloudwatch.datapoint import Datapoint, Series, Summary
from localcloud.cloudwatch.store import MINUTE, MetricStore, rounded_start

SERIES = Series.of("n", "m", {"b": "2", "a": "1"})


def test_the_order_of_dimensions_does_not_matter() -> None:
    assert Series.of("n", "m", {"a": "1", "b": "2"}) == SERIES


def test_other_dimensions_are_another_metric() -> None:
    store = MetricStore()
    store.add([Datapoint(SERIES, 0, Summary.of(1))])
    assert store.summary(Series("n", "m"), start=0, end=MINUTE) is None


VALUES = st.lists(st.tuples(st.integers(0, 10), st.integers(-5, 5)), min_size=1)


@given(VALUES, st.integers(0, 10))
def test_a_span_of_minutes_sums_up_what_lies_in_it(
    values: list[tuple[int, int]], until: int
) -> None:
    store = MetricStore()
    store.add(Datapoint(SERIES, m * MINUTE + 1, Summary.of(float(v))) for m, v in values)
    inside = [float(value) for minute, value in values if minute < until]
    summary = store.summary(SERIES, start=0, end=until * MINUTE)
    if not inside:
        assert summary is None
        return
    assert summary is not None
    assert [summary.statistic(n) for n in ("SampleCount", "Sum", "Minimum", "Maximum")] == [
        len(inside),
        sum(inside),
        min(inside),
        max(inside),
    ]


@given(VALUES, st.integers(-10, 10), st.integers(1, 5))
def test_periods_part_the_minutes_among_them(
    values: list[tuple[int, int]], first: int, minutes: int
) -> None:
    store = MetricStore()
    store.add(Datapoint(SERIES, m * MINUTE + 1, Summary.of(float(v))) for m, v in values)
    start, period = first * MINUTE, minutes * MINUTE
    found = store.periods(SERIES, start=start, end=11 * MINUTE, period=period)
    wanted = [value for minute, value in values if minute >= first]
    assert sum(summary.count for _, summary in found) == len(wanted)
    assert sum(summary.total for _, summary in found) == sum(wanted)
    for begin, summary in found:
        assert (begin - start) % period == 0
        assert summary == store.summary(SERIES, start=begin, end=begin + period)
    assert [begin for begin, _ in found] == sorted({begin for begin, _ in found})


def test_a_question_over_ages_costs_no_more_than_what_is_kept() -> None:
    store = MetricStore()
    store.add([Datapoint(SERIES, 61, Summary.of(1))])
    ages = 10_000_000 * 365 * 24 * 60 * MINUTE
    found = store.periods(SERIES, start=-ages, end=ages, period=MINUTE)
    assert found == [(MINUTE, Summary.of(1))]


DAY = 24 * 60 * MINUTE


@pytest.mark.parametrize(
    ("age", "step"),
    [
        pytest.param(14 * DAY, MINUTE, id="to the minute"),
        pytest.param(15 * DAY, 5 * MINUTE, id="to five minutes"),
        pytest.param(63 * DAY, 60 * MINUTE, id="to the hour"),
    ],
)
def test_the_start_of_a_question_is_rounded_by_its_age(age: int, step: int) -> None:
    start = 20_000 * DAY + 3_599.5
    assert rounded_start(start, now=start + age) == start + 0.5 - step
