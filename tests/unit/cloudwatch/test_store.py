"""Metrics by minute."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from localcloud.cloudwatch.datapoint import Datapoint, Series, Summary
from localcloud.cloudwatch.store import MINUTE, MetricStore

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
