"""What the command line tells a person to type next works when it is typed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import pytest

from sluice.commands.rejects import next_step
from sluice.options import Settings, program
from tests.support.runs import RUN


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(Settings(), "sluice", id="AWS"),
        pytest.param(Settings(local=True), "sluice --local", id="local cloud"),
        pytest.param(Settings(stack="sluice"), "sluice", id="the usual stack"),
        pytest.param(Settings(stack="eu"), "sluice --stack eu", id="another stack"),
    ],
)
def test_a_command_to_type_next_reaches_the_same_cloud(said: Settings, expected: str) -> None:
    with click.Context(click.Command("any"), obj=said):
        assert program() == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param("LOADED", "mend them, then: sluice mend customers-a m.csv", id="loaded"),
        pytest.param(
            "WAITING",
            "mend them, and once the run is LOADED: sluice mend customers-a m.csv",
            id="a person may approve it yet",
        ),
        pytest.param(
            "REJECTED",
            "the run was not loaded, so mend the whole file: sluice fetch customers-a",
            id="mend would refuse",
        ),
    ],
)
def test_rejected_rows_come_back_by_mend_only_if_their_run_was_loaded(
    status: str, expected: str
) -> None:
    ended_at = None if status == "WAITING" else RUN.ended_at
    run = replace(RUN, status=status, ended_at=ended_at)
    assert next_step(run, Path("m.csv"), "sluice") == expected
