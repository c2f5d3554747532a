"""Dates and times by their layouts: what strptime reads, and only days that there are."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts.forms import strptime_layout, temporal_form

LAYOUTS = ["%Y-%m-%d", "%-d.%-m.%Y", "%d-%b-%y", "%B %-d, %Y", "%m/%d/%y", "%Y%m%d"]
CLOCKS = ["%H:%M", "%-I:%M %p", "%I.%M.%S %p", "%H:%M:%S.%f%z", "%-H:%M"]
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2068, 1, 1))  # noqa: DTZ001 - no instants


@pytest.mark.parametrize("layout", LAYOUTS)
@given(year=st.integers(1969, 2068), month=st.integers(1, 12), day=st.integers(1, 31))
def test_only_days_that_there_are_match(layout: str, year: int, month: int, day: int) -> None:
    name = datetime(2000, month, 1).strftime("%B")  # noqa: DTZ001 - a name, no instant
    spelled = {
        "%-d": str(day), "%d": f"{day:02}", "%-m": str(month), "%m": f"{month:02}",
        "%b": name[:3], "%B": name, "%Y": str(year), "%y": f"{year % 100:02}",
    }  # fmt: skip
    text = re.sub("%-?.", lambda found: spelled[found[0]], layout)
    try:
        parsed = datetime.strptime(text, strptime_layout(layout))  # noqa: DTZ007 - no instant
        is_real = (parsed.year, parsed.month, parsed.day) == (year, month, day)
    except ValueError:
        is_real = False
    assert bool(re.fullmatch(temporal_form("date", layout), text)) == is_real


@pytest.mark.parametrize("clock", CLOCKS)
@given(moment=MOMENTS)
def test_times_of_day_match(clock: str, moment: datetime) -> None:
    layout = f"%Y-%m-%d {clock}"
    text = moment.strftime(layout.replace("%z", "+0200"))
    assert re.fullmatch(temporal_form("datetime", layout), text)
    datetime.strptime(text, strptime_layout(layout))  # noqa: DTZ007 - no instant


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        pytest.param("%-d.%-m.%Y", "01.1.2024", id="zeros where there are none"),
        pytest.param("%d.%m.%Y", "1.1.2024", id="no zeros where there are some"),
        pytest.param("%d-%b-%Y", "01-Mai-2024", id="another language"),
        pytest.param("%d-%b-%Y", "01-jAN-2024", id="mixed case"),
    ],
)
def test_other_spellings_do_not_match(layout: str, text: str) -> None:
    assert not re.fullmatch(temporal_form("date", layout), text)


@pytest.mark.parametrize(
    ("kind", "layout", "reason"),
    [
        pytest.param("date", "%d.%m", "lacks %Y or %y", id="no year"),
        pytest.param("date", "%Y-%m-%d %-d", "stands twice", id="two days"),
        pytest.param("date", "%x", "not supported", id="a locale's date"),
        pytest.param("time", "%I:%M", "need each other", id="half a day without which"),
        pytest.param("time", "%H:%M %p", "need each other", id="a whole day with halves"),
        pytest.param("date", "%Y-%m-%d %", "lone %", id="a lone per cent"),
    ],
)
def test_layouts_that_cannot_be_honoured_are_refused(kind: str, layout: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        temporal_form(kind, layout)
