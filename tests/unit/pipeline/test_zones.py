"""Local times become instants exactly, or not at all; which zone is meant is always said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts.document import Section
from pipeline.contracts.field import Field
from pipeline.contracts.zones import FIRST_YEAR, LAST_YEAR, Zone, tells_zone
from pipeline.errors import ContractError

LAYOUT = "%Y-%m-%d %H:%M:%S"
NAMES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Gaza",
    "Africa/Casablanca", "Asia/Kathmandu", "America/Caracas", "Europe/Dublin", "UTC",
)  # fmt: skip
WALLS = st.datetimes(datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR, 12, 31, 23, 59, 59))  # noqa: DTZ001
NEAR_A_CHANGE = st.builds(
    lambda change, seconds: (
        datetime.fromtimestamp(change, UTC).replace(tzinfo=None) + timedelta(seconds=seconds)
    ),
    st.sampled_from([wall for name in NAMES for wall in Zone.named(name).walls[1:-1]]),
    st.integers(-7200, 7200),
)


def instants(zone: ZoneInfo, wall: datetime) -> set[datetime]:
    """Return the instants at which clocks show a time, by zoneinfo alone."""
    folds = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return {i for i in folds if i.astimezone(zone).replace(tzinfo=None, fold=0) == wall}


@given(st.sampled_from(NAMES), WALLS | NEAR_A_CHANGE)
def test_a_time_is_delivered_if_the_clocks_showed_it_once(name: str, wall: datetime) -> None:
    wall = wall.replace(microsecond=0)
    found = instants(ZoneInfo(name), wall)
    canonical = Zone.named(name).canonical(wall.strftime(LAYOUT), LAYOUT)
    if len(found) == 1 and FIRST_YEAR <= wall.year <= LAST_YEAR:
        assert canonical == found.pop().isoformat().replace("+00:00", "Z")
    else:
        assert canonical is None


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        pytest.param("Europe/Berlin", "2024-07-01 12:00:00", "2024-07-01T10:00:00Z", id="summer"),
        pytest.param("Europe/Berlin", "2024-03-31 02:00:00", None, id="skipped"),
        pytest.param("Europe/Berlin", "2024-03-31 03:00:00", "2024-03-31T01:00:00Z", id="after"),
        pytest.param("Europe/Berlin", "2024-10-27 02:59:59", None, id="shown twice"),
        pytest.param("Europe/Berlin", "1899-12-31 00:00:00", None, id="too long ago"),
        pytest.param("Europe/Berlin", "2100-01-01 00:00:00", None, id="too far away"),
        pytest.param("Pacific/Apia", "2011-12-30 12:00:00", None, id="a day that was left out"),
        pytest.param("+05:30", "0999-01-01 00:00:00", "0998-12-31T18:30:00Z", id="an offset"),
        pytest.param("-00:30", "2024-01-01 00:00:00", "2024-01-01T00:30:00Z", id="to the west"),
    ],
)
def test_skipped_and_repeated_times_are_no_instants(
    zone: str, text: str, instant: str | None
) -> None:
    assert Zone.named(zone).canonical(text, LAYOUT) == instant


def test_what_rules_carry_is_the_zone() -> None:
    zone = Zone.named("Europe/Berlin")
    assert Zone.of(zone.document()) == zone


@pytest.mark.parametrize(
    ("layout", "told"),
    [
        pytest.param("%Y-%m-%dT%H:%M:%S%z", True, id="an offset"),
        pytest.param("%Y-%m-%dT%H:%M:%SZ", True, id="Z"),
        pytest.param("%d.%m.%Y %H:%M UTC", True, id="a word"),
        pytest.param("%Y-%m-%dT%H:%M:%S+02:00", True, id="an offset that is always the same"),
        pytest.param("%Y-%m-%d %H:%M", False, id="none"),
        pytest.param("%Y-%m-%d-%H.%M", False, id="dashes are no offset"),
    ],
)
def test_a_layout_may_tell_the_zone(layout: str, *, told: bool) -> None:
    assert tells_zone(layout) is told


def parsed(**members: Any) -> Field:
    return Field.parse(Section.root({"name": "at", "type": "datetime", **members}))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        pytest.param({"format": LAYOUT}, "zone: is missing", id="no zone"),
        pytest.param({"format": LAYOUT, "zone": "Mars/Base"}, "no zone: name one", id="unknown"),
        pytest.param({"format": LAYOUT, "zone": "../etc"}, "no zone: name one", id="a path"),
        pytest.param({"zone": "UTC"}, "told by the format", id="told twice"),
        pytest.param(
            {"format": LAYOUT, "zone": "Europe/Berlin",
             "constraints": {"minimum": "2024-03-31 02:30:00"}},
            "not one moment of Europe/Berlin", id="a limit that was skipped",
        ),
    ],
)  # fmt: skip
def test_a_time_without_a_zone_is_refused_unless_one_is_declared(
    members: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ContractError, match=reason):
        parsed(**members)


def test_limits_are_instants_too() -> None:
    field = parsed(
        format="%d.%m.%Y %H:%M", zone="Europe/Berlin", constraints={"minimum": "01.07.2024 12:00"}
    )
    assert field.constraints.minimum == "2024-07-01T10:00:00Z"
    assert field.delivered_layout == "%Y-%m-%dT%H:%M:%SZ"
    assert parsed(format=LAYOUT, zone="local").delivered_layout == LAYOUT
