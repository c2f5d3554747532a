"""What the command line tells a person to type next works when it is typed."""

from __future__ import annotations

import click
import pytest

from sluice.options import Settings, program


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
