"""What `sluice status` tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sluice.commands.status import lines
from sluice.stack.status import AlarmState, Status
from sluice.terminal.output import unpainted

NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
ALARM = AlarmState(
    name="sluice-SweepAlarm", state="OK", meaning="The sweep fails", reason="so it is", since=NOW
)
QUIET = Status(
    alarms=(ALARM, replace(ALARM, name="other", state="INSUFFICIENT_DATA")),
    runs={},
    rows={"in": 0},
    stage_seconds={},
    drops_waiting=0,
    files_waiting=None,
    oldest_run_seconds=None,
    questions=0,
    first_expires_at=None,
)


def told(status: Status) -> str:
    return "\n".join(unpainted(line) for line in lines(status))


def test_all_is_well() -> None:
    assert "✓ well: 2 alarms, none rings; 1 have no data yet" in told(QUIET)
    assert QUIET.as_document()["well"] is True


def test_an_alarm_that_rings_says_what_it_means() -> None:
    ringing = replace(QUIET, alarms=(replace(ALARM, state="ALARM"), ALARM))
    text = told(ringing)
    assert "✗ 1 of 2 alarms ring" in text
    assert "The sweep fails: so it is" in text
    assert ringing.as_document()["well"] is False


def test_the_slowest_stage_comes_first() -> None:
    slow = replace(QUIET, stage_seconds={"validate": 1.0, "convert": 75.0}, runs={"LOADED": 3})
    text = told(slow)
    assert "convert 1 min 15 s, validate 1.0 s" in text
    assert "3 LOADED" in text
