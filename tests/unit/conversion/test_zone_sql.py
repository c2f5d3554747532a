"""Local times in SQL against the same in Python."""

from __future__ import annotations

import re
from datetime import datetime

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversion.zone_sql import instant_sql
from pipeline.contracts.forms import date_form
from pipeline.contracts.zones import Zone
from tests.unit.pipeline.test_zones import NEAR_A_CHANGE

ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC", "-03:30")
LAYOUTS = (
    "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%-m/%-d/%Y %-I:%M %p", "%d-%b-%y %I:%M:%S.%f %p",
    "%B %d, %Y %H", "%Y%m%dT%H%M%S,%f",
)  # fmt: skip
TIMES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)) | NEAR_A_CHANGE  # noqa: DTZ001


def written(time: datetime, layout: str) -> str:
    """Write a time as files do, also in years before 1000, without zeros where it says so."""
    text = layout.replace("%Y", f"{time.year:04}").replace("%-d", str(time.day))
    text = text.replace("%-m", str(time.month)).replace("%-I", str(time.hour % 12 or 12))
    return time.strftime(text)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40)
@given(zone=st.sampled_from(ZONES).map(Zone.named), times=st.lists(TIMES, min_size=1, max_size=30))
def test_sql_and_python_agree(layout: str, zone: Zone, times: list[datetime]) -> None:
    texts = [written(time, layout) for time in times]
    assert all(re.fullmatch(date_form(layout), text) for text in texts)
    query = f"SELECT {instant_sql(zone.document(), layout, 'c')} FROM (SELECT unnest(?) AS c)"  # noqa: S608
    found = [instant for (instant,) in duckdb.execute(query, [texts]).fetchall()]
    assert found == [zone.canonical(text, layout) for text in texts]


@pytest.mark.parametrize("text", ["", "x", "2024-13-01 00:00:00"])
def test_what_is_no_time_stops_nothing(text: str) -> None:
    zone = Zone.named("Europe/Berlin").document()
    sql = instant_sql(zone, "%Y-%m-%d %H:%M:%S", "c")
    assert duckdb.execute(f"SELECT {sql} FROM (SELECT ? AS c)", [text]).fetchall() == [(None,)]  # noqa: S608
