"""Timestamps of the language."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.stepfunctions.query.timestamps import parse_timestamp


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.123456789Z", 0.123456789),
        ("1970-01-01T00:00:00-01:30", 5400),
        ("1970-01-01T00:00:00+01:00", -3600),
    ],
)
def test_timestamps(text, seconds):
    assert parse_timestamp(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-05 21:29:29Z",
        "2016-12-05T21:29:29",
        "2016-12-05t21:29:29Z",
        "2016-12-05T21:29:29z",
        "2016-13-05T21:29:29Z",
        "2016-12-05T25:29:29Z",
        "2016-12-05T21:29Z",
        "2016-12-05T21:29:29.Z",
        "2016-12-05T21:29:29+1:00",
        "\u0662016-12-05T21:29:29Z",
        "",
        None,
        5,
    ],
)
def test_anything_else_is_none(text):
    assert parse_timestamp(text) is None


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-23, 23))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_agrees_with_datetime(moment, hours):
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours)))
    text = moment.isoformat().replace("+00:00", "Z")
    assert parse_timestamp(text) == moment.astimezone(UTC).timestamp()
