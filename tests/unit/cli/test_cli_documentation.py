"""Each command and each of its options stands in docs/reference/cli.md, and nothing else does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sluice.cli import main

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"
EVERYWHERE = {"--local", "--fresh", "--parameter", "--json", "--stack", "--help"}


def commands(group: click.Group, words: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{words} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{words} {name}")


COMMANDS = dict(commands(main, "sluice"))
SECTIONS = dict(
    re.findall(
        r"^### `(sluice [^`]+)`\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
)


def words_of(heading: str) -> str:
    return " ".join(word for word in heading.split() if not word.isupper())


def test_the_page_describes_exactly_the_commands_there_are() -> None:
    assert {words_of(heading) for heading in SECTIONS} == set(COMMANDS)


@pytest.mark.parametrize("heading", SECTIONS)
def test_each_option_is_described(heading: str) -> None:
    command = COMMANDS[words_of(heading)]
    options = {
        name
        for option in command.params
        if isinstance(option, click.Option)
        for name in (*option.opts, *option.secondary_opts)
    }
    described = set(re.findall(r"`(--[a-z-]+)", SECTIONS[heading]))
    assert described - {"--json", "--local"} == options - EVERYWHERE


@pytest.mark.parametrize("heading", SECTIONS)
def test_each_heading_names_the_arguments(heading: str) -> None:
    arguments = [
        str(each.metavar or each.name).upper().rstrip(".")
        for each in COMMANDS[words_of(heading)].params
        if isinstance(each, click.Argument)
    ]
    shown = [word.strip("[].") for word in heading.split() if word.isupper()]
    assert shown == arguments
