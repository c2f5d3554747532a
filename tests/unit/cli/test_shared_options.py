"""The options that every command takes work before and after its name."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sluice.cli import main
from sluice.options import Settings, standard_session
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["runs"], (False, False, None), id="nothing said"),
        pytest.param(["--local", "--json", "runs"], (True, True, None), id="before"),
        pytest.param(["runs", "--json", "--local"], (True, True, None), id="after"),
        pytest.param(["--local", "runs", "--json"], (True, True, None), id="one each"),
        pytest.param(["--stack", "a", "runs"], (False, False, "a"), id="stack before"),
        pytest.param(["--stack", "a", "runs", "--stack", "b"], (False, False, "b"), id="last wins"),
        pytest.param(["approvals", "--json", "show", "x"], (False, True, None), id="in between"),
    ],
)
def test_options(arguments: list[str], expected: tuple[bool, bool, str | None]) -> None:
    assert said(arguments) == expected


@pytest.mark.parametrize("arguments", [["--stack", "a", "runs"], ["runs", "--stack", "a"]])
def test_the_environment_never_beats_the_command_line(arguments: list[str]) -> None:
    assert said(arguments, SLUICE_STACK="other") == (False, False, "a")


def test_the_environment_names_the_stack() -> None:
    assert said(["runs"], SLUICE_STACK="other") == (False, False, "other")


def test_the_region_of_the_environment_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert standard_session().region_name == "eu-central-1"


@pytest.mark.parametrize("words", [["up"], ["--local", "runs"], ["--local", "deploy"]])
def test_a_parameter_without_a_value_is_a_wrong_command_line(words: list[str]) -> None:
    done = CliRunner().invoke(main, [*words, "--parameter", "Greeting"])
    assert done.exit_code == 2
    assert "--parameter 'Greeting' is not KEY=VALUE" in done.stderr


def said(arguments: list[str], **environment: str) -> tuple[bool, bool, str | None]:
    heard: list[Settings] = []

    def open_cloud(settings: Settings) -> Cloud:
        heard.append(settings)
        raise NotFoundError("enough heard")

    env = {"SLUICE_STACK": None, **environment}
    CliRunner().invoke(main, arguments, obj=Settings(opener=open_cloud), env=env)
    return heard[0].local, heard[0].json, heard[0].stack
