"""`sluice status`: is it well, what is slow, what waits?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from sluice.options import open_cloud, operator_options, settings
from sluice.stack.status import Status, read_status
from sluice.terminal.clocktext import duration_text, local_text
from sluice.terminal.exits import Exit
from sluice.terminal.output import paint, put_json, put_lines
from sluice.terminal.render import table


@click.command("status")
@operator_options
@click.pass_context
def command(context: click.Context) -> None:
    """Tell whether all is well, what is slow and what waits: alarms, the last day, open work.

    Ends with 0 if no alarm rings, else with 1.
    """
    status = read_status(open_cloud(), datetime.now(UTC))
    if settings().json:
        put_json(status.as_document())
    else:
        put_lines(lines(status))
    context.exit(Exit.RUN_FAILED if status.ringing else Exit.SUCCEEDED)


def lines(status: Status) -> Iterator[str]:
    """The status for a person."""
    yield from _well(status)
    yield ""
    [_, *facts] = table(["", ""], _facts(status))
    yield from facts


def _well(status: Status) -> Iterator[str]:
    ringing = status.ringing
    unknown = sum(alarm.state == "INSUFFICIENT_DATA" for alarm in status.alarms)
    if not ringing:
        known = f"{len(status.alarms)} alarms, none rings"
        yield (
            paint("✓", "green")
            + f" well: {known}"
            + (f"; {unknown} have no data yet" if unknown else "")
        )
        return
    yield paint("✗", "red") + f" {len(ringing)} of {len(status.alarms)} alarms ring"
    for alarm in ringing:
        yield f"  {alarm.name} since {local_text(alarm.since)}"
        yield f"    {alarm.meaning}: {alarm.reason}"


def _facts(status: Status) -> Iterator[list[str]]:
    ended = ", ".join(f"{number} {end}" for end, number in status.runs.items())
    yield ["ended in the last day", ended or "none"]
    yield ["their rows", ", ".join(f"{number} {word}" for word, number in status.rows.items())]
    slow = sorted(status.stage_seconds.items(), key=lambda stage: -stage[1])
    told = ", ".join(f"{stage} {duration_text(seconds)}" for stage, seconds in slow)
    yield ["a run's stages, on average", told or "none yet"]
    yield ["drops in the queue", _number(status.drops_waiting)]
    yield ["files at the last look", _number(status.files_waiting)]
    oldest = status.oldest_run_seconds
    yield [
        "oldest run at the last sweep",
        "not seen yet" if oldest is None else duration_text(oldest),
    ]
    expires = status.first_expires_at
    first = f"; the first expires at {local_text(expires)}" if expires else ""
    yield ["questions that wait", f"{status.questions}{first}"]


def _number(number: int | None) -> str:
    return "not seen yet" if number is None else str(number)
