"""`sluice approvals`: what waits for a person, and the answer to it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import click

from pipeline import timestamps
from pipeline.principal import Principal
from sluice.commands.outcome import outcome_lines
from sluice.options import F, open_cloud, operator_options, program, settings
from sluice.runs.follow import past_visits
from sluice.runs.run_documents import result_document
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import execution_arn
from sluice.runs.watching import watch_run
from sluice.stack import control, operator_api
from sluice.stack.cloud import Cloud
from sluice.terminal.clocktext import duration_text
from sluice.terminal.exits import NotFoundError
from sluice.terminal.output import put_json, put_lines, say
from sluice.terminal.render import cell, status_text, table


@click.group("approvals", invoke_without_command=True)
@operator_options
@click.pass_context
def command(context: click.Context) -> None:
    """List the runs that wait for a person, or show, approve or reject one."""
    if context.invoked_subcommand is not None:
        return
    approvals = operator_api.list_approvals(open_cloud())
    if settings().json:
        put_json(approvals)
        return
    if not approvals:
        say("nothing waits for a person")
        return
    put_lines(_table(approvals, datetime.now(UTC)))


@command.command("show")
@click.argument("approval")
@operator_options
def show(approval: str) -> None:
    """Show what APPROVAL (its id or its run's) asks: counts, rules broken, sample, time left."""
    cloud = open_cloud()
    document = operator_api.read_approval(cloud, _approval_id(cloud, approval))
    if settings().json:
        put_json(document)
        return
    put_lines(_facts(document, datetime.now(UTC)))


def _answering(function: F) -> F:
    """What a command takes that answers: the approval, why, and whether to wait for the end."""
    for part in (
        operator_options,
        click.option("--follow/--no-follow", default=True, help="Wait for the end of the run."),
        click.option("--comment", default="", help="Why, for the record."),
        click.argument("approval"),
    ):
        function = part(function)
    return function


@command.command("approve")
@_answering
@click.pass_context
def approve(context: click.Context, approval: str, comment: str, *, follow: bool) -> None:
    """Let the valid rows of APPROVAL (its id or its run's) be loaded."""
    context.exit(_decide("approve", approval, comment, follow=follow))


@command.command("reject")
@_answering
@click.pass_context
def reject(context: click.Context, approval: str, comment: str, *, follow: bool) -> None:
    """Load nothing of APPROVAL (its id or its run's); the files go to quarantine."""
    context.exit(_decide("reject", approval, comment, follow=follow))


def _decide(decision: str, approval: str, comment: str, *, follow: bool) -> int:
    cloud = open_cloud()
    approval_id = _approval_id(cloud, approval)
    run_id = operator_api.read_approval(cloud, approval_id)["run_id"]
    seen = past_visits(cloud, execution_arn(cloud, run_id)) if follow else []
    document = operator_api.decide(cloud, approval_id, decision=decision, comment=comment)
    say(document.get("standing") or document["status"])
    if not follow:
        if settings().json:
            put_json(document)
        return 0
    run = watch_run(cloud, run_id, time.sleep, seen=seen)
    seconds = run.seconds(datetime.now(UTC))
    if settings().json:
        put_json({**document, "run": result_document(run, seconds)})
    else:
        put_lines(outcome_lines(run, seconds))
    as_asked = decision == "reject" and run.status == "REJECTED"
    return 0 if as_asked else run.exit_code


def _approval_id(cloud: Cloud, text: str) -> str:
    """The approval that a person means: its id or its run's, how either begins, or `latest`.

    Raises:
        NotFoundError: the latest is meant and nothing waits, or several begin like that.
    """
    pending = operator_api.list_approvals(cloud)
    if text == "latest":
        if not pending:
            raise NotFoundError("nothing waits for a person")
        return str(pending[-1]["approval_id"])
    ids = {
        str(each[name]): str(each["approval_id"])
        for each in pending
        for name in ("run_id", "approval_id")
    }
    begun = {approval for name, approval in ids.items() if text and name.startswith(text)}
    if text in ids or len(begun) == 1:
        return ids.get(text) or begun.pop()
    if begun:
        names = ", ".join(each["run_id"] for each in pending if each["approval_id"] in begun)
        raise NotFoundError(f"{len(begun)} waiting runs begin with {text}: {names}")
    return _decided(cloud, text)


def _decided(cloud: Cloud, text: str) -> str:
    """The approval of a run that waits no more; any other text may be an approval's id."""
    try:
        run_id = find_run_id(cloud, text)
    except NotFoundError:
        return text
    return str(control.run_records(cloud, [run_id]).get(run_id, {}).get("approval_id") or text)


def _table(approvals: list[operator_api.Document], now: datetime) -> Iterator[str]:
    heads = ["approval", "run", "rows", "rejected", "time left"]
    rows = (
        [
            each["approval_id"],
            each["run_id"],
            str(each["counts"].get("rows_in", "")),
            str(each["counts"].get("rejected", "")),
            _time_left(each, now),
        ]
        for each in approvals
    )
    return table(heads, rows, right=["rows", "rejected"])


def _facts(approval: Mapping[str, Any], now: datetime) -> Iterator[str]:
    yield f"{status_text(approval['status'])} {approval['approval_id']} of {approval['run_id']}"
    counts = approval.get("counts", {})
    yield "  rows     " + ", ".join(
        f"{number} {name.removeprefix('rows_')}" for name, number in counts.items()
    )
    for reason in approval.get("reasons", []):
        yield f"  reason   {reason}"
    if approval.get("uploaders"):
        yield f"  dropped  by {', '.join(approval['uploaders'])}"
    if approval["status"] == "PENDING":
        for vote in approval.get("votes", []):
            yield f"  answer   {vote['answer']}, {Principal.parse(vote)}"
        yield f"  expires  in {_time_left(approval, now)}"
    else:
        yield f"  decided  {approval['standing']}"
    if approval.get("comment"):
        yield f"  comment  {approval['comment']}"
    for warning in approval.get("warnings", []):
        yield f"  warning  {warning}"
    rules = approval.get("rules", [])
    if rules:
        yield f"  look     {program()} rejects {approval['run_id']}"
        yield ""
        broken = ([cell(r["column"]), r["rule"], str(r["rows"])] for r in rules)
        yield from table(["column", "rule", "rows"], broken, right=["rows"])


def _time_left(approval: Mapping[str, Any], now: datetime) -> str:
    left = (timestamps.from_text(approval["expires_at"]) - now).total_seconds()
    return duration_text(left) if left > 0 else "over"
