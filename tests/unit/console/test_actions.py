"""What the console offers to do about a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sluice.console.actions import REDRIVE, actions_for
from sluice.runs.run import FORGOTTEN
from tests.unit.cli.test_diagnosis import RUN

ENDED = datetime(2026, 7, 1, tzinfo=UTC)
CUT_OFF = replace(RUN, status="FAILED", execution_status="FAILED", ended_at=ENDED)


@pytest.mark.parametrize(
    ("status", "days", "offered"),
    [
        pytest.param("FAILED", 13, True, id="soon"),
        pytest.param("FAILED", 14, False, id="too late for Step Functions"),
        pytest.param(FORGOTTEN, 13, False, id="Step Functions has forgotten it"),
    ],
)
def test_a_redrive_is_offered_as_long_as_it_is_possible(
    status: str, days: int, *, offered: bool
) -> None:
    run = replace(CUT_OFF, execution_status=status)
    assert (REDRIVE in actions_for(run, (), ENDED + timedelta(days=days))) == offered
