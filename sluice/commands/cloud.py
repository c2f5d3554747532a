"""`sluice cloud messages|mocks|reset|clock`: what only a local cloud can do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from sluice.options import open_cloud, operator_options, settings
from sluice.stack.controls import ask
from sluice.stack.project import meant
from sluice.terminal.exits import NotFoundError
from sluice.terminal.output import put, put_json, put_lines

SERVICES = ("states", "sqs", "dynamodb", "s3", "logs")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(rf"(?P<number>\d+(?:\.\d+)?)(?P<unit>[{''.join(_UNITS)}])")


class _Duration(click.ParamType[float]):
    """Seconds, from a text such as `90s`, `15m`, `2h` or `7d`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found = _DURATION.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is not such as 90s, 15m, 2h or 7d", param, ctx)
        return float(found["number"]) * _UNITS[found["unit"]]


@click.group("cloud")
@operator_options
def command() -> None:
    """Look into a local cloud, empty it, or move its clock."""


@command.command("messages")
@click.argument("name", required=False)
@operator_options
def messages(name: str | None) -> None:
    """Show what lies in queues and what topics have sent, of all or of NAME; nothing is taken."""
    found = _ask("messages")
    if name is not None:
        found = named(name, found)
    if settings().json:
        put_json(found)
        return
    for name_, held in (*found["queues"].items(), *found["topics"].items()):
        put(f"{name_}: {len(held)}")
        for message in held:
            put_lines(message_lines(message))


def message_lines(message: Mapping[str, Any]) -> list[str]:
    r"""A message of a queue, or a mail of a topic, as it is read.

    >>> message_lines({"subject": "loaded", "message": "Rows  2 in\n\nNothing to do"})
    ['  loaded: Rows  2 in', '', '    Nothing to do']
    """
    first, *more = str(message.get("body") or _mail(message)).splitlines() or [""]
    return [f"  {first}", *(f"    {line}".rstrip() for line in more)]


def named(name: str, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Of queues and topics only those of a name.

    Raises:
        NotFoundError: there is none.
    """
    names = [each for held in found.values() for each in held]
    if name not in names:
        said = f"no queue or topic {name}; there are: {', '.join(names)}{meant(name, names)}"
        raise NotFoundError(said)
    return {kind: {n: held[n] for n in held if n == name} for kind, held in found.items()}


def _mail(message: Mapping[str, Any]) -> str:
    return ": ".join(part for part in (message["subject"], message["message"]) if part)


@command.command("mocks")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@operator_options
def mocks(file: Path) -> None:
    """Put the test cases of FILE in force, a mock configuration of Step Functions Local."""
    try:
        document = json.loads(file.read_bytes())
    except ValueError as error:
        raise click.UsageError(f"{file} is no JSON: {error}") from error
    cases = _ask("mocks", document)["cases"]
    if settings().json:
        put_json({"cases": cases})
        return
    put_lines(cases)


@command.command("reset")
@click.option("--service", type=click.Choice(SERVICES), help="This one only.")
@operator_options
def reset(service: str | None) -> None:
    """Empty the cloud: what is deployed stays, what it holds goes."""
    gone = _ask("reset", {} if service is None else {"service": service})["reset"]
    if settings().json:
        put_json(gone)
        return
    put_lines([f"{name}: {number}" for name, number in gone.items()])


@command.command("clock")
@click.option(
    "--advance", type=_Duration(), metavar="DURATION", help="Move it on: 90s, 15m, 2h, 7d."
)
@operator_options
def clock(advance: float | None) -> None:
    """Tell the clock of waits, timeouts, retries and schedules, or move it on."""
    told = _ask("clock", None if advance is None else {"advance_seconds": advance})
    if settings().json:
        put_json(told)
        return
    put(str(told["now"]))


def _ask(control: str, document: Mapping[str, Any] | None = None) -> dict[str, Any]:
    cloud = open_cloud()
    endpoint_url = cloud.endpoint_url or cloud.states.meta.endpoint_url
    return ask(endpoint_url, cloud.session, control, document)
