"""`sluice undo RUN`: take a loaded run's rows back out of the table."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sluice.options import open_cloud, operator_options, program, settings
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.runs.undo_order import DONE, Order
from sluice.terminal.exits import Exit, OperatorError
from sluice.terminal.output import put_json, put_lines, say
from sluice.undo.orders import find_order
from sluice.undo.plan import Fate, Plan
from sluice.undo.undoing import Undoing

_WORDS = {
    Fate.DELETE: "keys that were not there before",
    Fate.RESTORE: "what was there before comes back",
    Fate.UNKNOWN: "nobody knows what was there before: left in the table",
    Fate.DONE: "as they were before already",
    Fate.LEFT: "others have written these since, or they were never written: left alone",
}


@click.command("undo")
@click.argument("run")
@click.option("--yes", is_flag=True, help="Do it; without it the plan is all.")
@click.option("--comment", default="", help="Why, for the record.")
@click.option(
    "--unknown",
    type=click.Choice(["leave", "delete"]),
    default="leave",
    help="What becomes of rows of which nobody knows what was there before.",
)
@operator_options
@click.pass_context
def command(context: click.Context, run: str, *, yes: bool, comment: str, unknown: str) -> None:
    """Take the rows of RUN, which was loaded, out of the table where they still stand.

    What its rows replaced comes back; keys that were not there go. Its files go from the archive
    to quarantine. Broken off, the same command goes on.
    """
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    known = find_order(cloud, found.run_id)
    if known is not None and known.state == DONE:
        raise OperatorError(f"{found.run_id} was undone at {known.at} by {known.by}")
    undoing = Undoing.of(cloud, found, delete_unknown=unknown == "delete")
    order, plan = undoing.carry_out(comment) if yes else (None, undoing.plan())
    if settings().json:
        put_json(_document(found.run_id, plan, order))
    else:
        put_lines(_lines(found.run_id, plan))
    say(*_what_follows(found.run_id, plan, order))
    if order is not None and order.state != DONE:
        context.exit(Exit.RUN_FAILED)


def _document(run_id: str, plan: Plan, order: Order | None) -> dict[str, object]:
    rows = {str(fate): {"rows": plan.rows[fate], "first": plan.keys.get(fate, [])} for fate in Fate}
    return {"run_id": run_id, "state": order.state if order else None, "rows": rows}


def _lines(run_id: str, plan: Plan) -> Iterator[str]:
    yield f"{run_id}: {sum(plan.rows.values()):,} rows"
    for fate in Fate:
        if number := plan.rows[fate]:
            keys = ", ".join(plan.keys[fate])
            more = ", …" if number > len(plan.keys[fate]) else ""
            yield f"  {fate:8}{number:>9,}  {_WORDS[fate]} ({keys}{more})"


def _what_follows(run_id: str, plan: Plan, order: Order | None) -> Iterator[str]:
    again = f"{program()} undo {run_id}"
    if order is None:
        yield f"nothing was done: {again} --yes"
    elif order.state == DONE:
        yield "undone; its files are in quarantine"
    else:
        yield f"{plan.stays:,} rows stay in the table, and so the files in the archive"
        yield f"  {again} --unknown delete --yes takes them out, too"
