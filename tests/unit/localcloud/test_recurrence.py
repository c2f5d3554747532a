from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.events.recurrence import parse


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def dues(expression: str, start: str, *, zone: str = "UTC", count: int = 1) -> list[str]:
    recurrence, now = parse(expression, zone), moment(start)
    found = []
    for _ in range(count):
        due = recurrence.next_after(now, beginning=0)
        assert due is not None
        found.append(datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M"))
        now = due
    return found


@pytest.mark.parametrize(
    ("expression", "start", "expected"),
    [
        pytest.param("cron(0 10 * * ? *)", "2026-11-21T09:59:59", ["2026-11-21T10:00"], id="daily"),
        pytest.param(
            "cron(0/15 8-9 ? * MON-FRI *)",
            "2026-11-20T09:30:00",
            ["2026-11-20T09:45", "2026-11-23T08:00"],
            id="quarters of two hours on workdays",
        ),
        pytest.param(
            "cron(0 0 L * ? *)",
            "2028-02-01T00:00:00",
            ["2028-02-29T00:00", "2028-03-31T00:00"],
            id="last day of the month, leap year",
        ),
        pytest.param(
            "cron(0 8 15W * ? *)",
            "2026-08-01T00:00:00",
            ["2026-08-14T08:00", "2026-09-15T08:00"],
            id="the workday nearest to the 15th (a Saturday)",
        ),
        pytest.param("cron(0 8 1W * ? *)", "2026-08-03T09:00:00", ["2026-09-01T08:00"], id="1W"),
        pytest.param(
            "cron(0 8 1W * ? *)", "2026-07-31T09:00:00", ["2026-08-03T08:00"], id="1W Sat"
        ),
        pytest.param("cron(0 8 LW * ? *)", "2026-05-01T00:00:00", ["2026-05-29T08:00"], id="LW"),
        pytest.param(
            "cron(0 8 ? * 6L *)", "2026-11-21T00:00:00", ["2026-11-27T08:00"], id="last Friday"
        ),
        pytest.param(
            "cron(0 8 ? * TUE#3 *)", "2026-11-18T00:00:00", ["2026-12-15T08:00"], id="3rd Tuesday"
        ),
        pytest.param(
            "cron(5 4 29 FEB ? 2027-2040)", "2026-01-01T00:00:00", ["2028-02-29T04:05"], id="29 Feb"
        ),
        pytest.param("rate(1 hour)", "2026-11-21T09:10:00", ["2026-11-21T10:00"], id="hourly"),
        pytest.param(
            "at(2026-11-22T08:00:00)", "2026-11-21T09:10:00", ["2026-11-22T08:00"], id="at"
        ),
    ],
)
def test_the_next_due_times(expression: str, start: str, expected: list[str]) -> None:
    assert dues(expression, start, count=len(expected)) == expected


def test_a_time_that_the_spring_skips_is_skipped_and_one_that_autumn_repeats_counts_once() -> None:
    zone = "Europe/Berlin"
    spring = dues("cron(30 2 * * ? *)", "2026-03-28T12:00:00", zone=zone, count=2)
    assert spring == ["2026-03-30T00:30", "2026-03-31T00:30"]
    autumn = dues("cron(30 2 * * ? *)", "2026-10-24T12:00:00", zone=zone, count=2)
    assert autumn == ["2026-10-25T00:30", "2026-10-26T01:30"]


@pytest.mark.parametrize(
    "expression",
    ["cron(0 10 * * * *)", "cron(60 1 * * ? *)", "cron(0 1 * * ?)", "rate(0 minutes)", "rate(x)",
     "every day", "cron(0 1 ? ? ? *)", "at(tomorrow)"],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(expression)


def test_what_has_passed_is_never_due() -> None:
    assert parse("at(2020-01-01T00:00:00)").next_after(moment("2026-01-01"), beginning=0) is None
    assert parse("cron(0 0 1 1 ? 2020)").next_after(moment("2026-01-01"), beginning=0) is None


@given(
    minutes=st.integers(1, 10_000),
    beginning=st.floats(0, 2e9),
    now=st.floats(0, 3e9),
)
def test_a_rate_is_due_after_now_within_one_period_on_its_own_grid(
    minutes: int, beginning: float, now: float
) -> None:
    due = parse(f"rate({minutes} minutes)").next_after(now, beginning=beginning)
    assert due is not None
    assert due > beginning
    period = minutes * 60
    assert due > now or due - beginning == pytest.approx(period)
    assert due <= max(now, beginning) + period + 1e-3
    assert (due - beginning) / period == pytest.approx(round((due - beginning) / period), abs=1e-6)
