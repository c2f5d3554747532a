"""The options that every command takes, before or after its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from os import environ
from pathlib import Path
from typing import Any, TypeVar

import boto3
import click
from click.core import ParameterSource

from sluice.stack import local
from sluice.stack.cloud import Cloud, connect
from sluice.stack.project import find_project
from sluice.stack.shared_cloud import shared
from sluice.terminal.output import say

DEFAULT_STACK = "sluice"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Where a command works and how it answers."""

    local: bool = False
    fresh: bool = False
    parameters: tuple[str, ...] = ()
    json: bool = False
    stack: str | None = None
    opener: Callable[[Settings], Cloud] | None = None
    """Opens the cloud instead of the standard way, for programs that have one already."""


def settings() -> Settings:
    """What the command line of the running command said."""
    obj = click.get_current_context().find_root().obj
    return obj if isinstance(obj, Settings) else Settings()


def program() -> str:
    """`sluice` with the options by which a command reaches the cloud that this one spoke to."""
    chosen = settings()
    words = ["sluice"]
    if chosen.local:
        words.append("--local")
    if chosen.stack and chosen.stack != DEFAULT_STACK:
        words += ["--stack", chosen.stack]
    return " ".join(words)


def operator_options(command: F) -> F:
    """Add `--local`, `--json` and `--stack` to a command or group; its help leaves them out."""
    return _with_options(command, hidden=True)


def shown_options(command: F) -> F:
    """Add the same to the program itself, whose help tells them once for all commands."""
    return _with_options(command, hidden=False)


def _with_options(command: F, *, hidden: bool) -> F:
    common = partial(click.option, expose_value=False, hidden=hidden, callback=_remember)
    for option in (
        common(
            "--stack",
            metavar="NAME",
            envvar="SLUICE_STACK",
            help=f"Name of the deployed stack (SLUICE_STACK; {DEFAULT_STACK}).",
        ),
        common("--json", is_flag=True, help="Print one JSON document instead of text."),
        common(
            "--parameter",
            "parameters",
            metavar="KEY=VALUE",
            multiple=True,
            help="With a cloud that this command starts: a parameter of the template; repeatable.",
        ),
        common(
            "--fresh",
            is_flag=True,
            help="With --local: an empty cloud for this command, which keeps nothing.",
        ),
        common(
            "--local",
            is_flag=True,
            help="Use this checkout's local cloud; start one for this command if none is up.",
        ),
    ):
        command = option(command)
    return command


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    """The last place where an option is given wins; the environment only fills a gap."""
    root = context.find_root()
    known = root.obj if isinstance(root.obj, Settings) else Settings()
    given = context.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE
    match option.name:
        case "local" if given:
            root.obj = replace(known, local=True)
        case "fresh" if given:
            root.obj = replace(known, fresh=True)
        case "parameters" if given:
            if wrong := [text for text in value if "=" not in text]:
                raise click.UsageError(f"--parameter {wrong[0]!r} is not KEY=VALUE")
            root.obj = replace(known, parameters=(*known.parameters, *value))
        case "json" if given:
            root.obj = replace(known, json=True)
        case "stack" if given or known.stack is None:
            root.obj = replace(known, stack=value)


def open_cloud() -> Cloud:
    """The stack that the command line means; a cloud started for it ends with the command.

    Raises:
        NotFoundError: there is no such stack.
        CloudError: the local cloud did not come up.
    """
    chosen = settings()
    if chosen.opener:
        return chosen.opener(chosen)
    if chosen.local:
        return _open_local_cloud(chosen)
    if chosen.fresh or chosen.parameters:
        raise click.UsageError("--fresh and --parameter are about the local cloud: add --local")
    return connect(chosen.stack or DEFAULT_STACK, session=standard_session())


def standard_session() -> boto3.Session:
    """What the standard variables say; of them boto3 by itself overlooks AWS_REGION."""
    return boto3.Session(region_name=environ.get("AWS_REGION") or None)


def _open_local_cloud(chosen: Settings) -> Cloud:
    project = find_project(Path.cwd())
    begin = local.fresh if chosen.fresh else shared
    here = (
        click.get_current_context()
        .find_root()
        .with_resource(
            begin(
                project, stack=chosen.stack or DEFAULT_STACK, parameters=chosen.parameters, say=say
            )
        )
    )
    return connect(
        chosen.stack or here.stack, session=here.session(), endpoint_url=here.endpoint_url
    )
