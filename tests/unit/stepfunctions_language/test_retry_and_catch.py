"""Which errors retriers and catchers take, and how long a retry waits."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.stepfunctions.definition.model import JitterStrategy, Retrier
from localcloud.stepfunctions.definition.transitions import (
    find_catcher,
    find_retrier,
    matches,
    retry_delay_seconds,
)

SOURCE = random.Random(1)  # noqa: S311 - no secret


@pytest.mark.parametrize(
    ("names", "error", "expected"),
    [
        (["E"], "E", True),
        (["E"], "F", False),
        (["States.ALL"], "E", True),
        (["States.ALL"], None, True),
        (["E"], None, False),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.DataLimitExceeded", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.TaskFailed"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.TaskFailed"], "E", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.TaskFailed"], "States.HeartbeatTimeout", False),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
        (["States.HeartbeatTimeout"], "States.Timeout", False),
    ],
)
def test_names_match(names, error, expected):
    assert matches(names, error) is expected


def test_the_first_that_matches_is_taken():
    retriers = [Retrier(error_equals=("A",)), Retrier(error_equals=("States.ALL",))]
    assert find_retrier(retriers, "A") == 0
    assert find_retrier(retriers, "B") == 1
    assert find_retrier(retriers[:1], "B") is None
    assert find_catcher([], "A") is None


def test_delays_grow_up_to_their_limit():
    retrier = Retrier(
        error_equals=("A",), interval_seconds=3, backoff_rate=2.0, max_delay_seconds=10
    )
    assert [retry_delay_seconds(retrier, n, SOURCE) for n in (1, 2, 3, 4)] == [3, 6, 10, 10]


def test_endless_growth_stays_a_number():
    retrier = Retrier(error_equals=("A",), backoff_rate=10.0, max_delay_seconds=60)
    assert retry_delay_seconds(retrier, 99_999, SOURCE) == 60


@given(st.integers(1, 20), st.integers(1, 50), st.integers())
def test_full_jitter_waits_some_part_of_the_delay(interval, attempt, seed):
    plain = Retrier(error_equals=("A",), interval_seconds=interval, max_delay_seconds=300)
    jittered = Retrier(
        error_equals=("A",),
        interval_seconds=interval,
        max_delay_seconds=300,
        jitter=JitterStrategy.FULL,
    )
    delay = retry_delay_seconds(jittered, attempt, random.Random(seed))  # noqa: S311 - no secret
    assert 0 <= delay <= retry_delay_seconds(plain, attempt, SOURCE)
