"""`sluice invite DATASET`: a link by which somebody without an AWS account sends a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline import timestamps
from pipeline.door.invitation import MAX_TRIES, Invitation
from sluice.options import open_cloud, operator_options, program, settings
from sluice.rows.items import DatasetTable
from sluice.runs.invitations import Link, end_invitation, invite, known_invitations
from sluice.stack.project import datasets, find_project, meant
from sluice.terminal.clocktext import local_text
from sluice.terminal.output import put, put_json, put_lines, say
from sluice.terminal.render import table

_DAY_HOURS = 24
_LONGEST_DAYS = 90


@click.command("invite")
@click.argument("dataset", required=False)
@click.option("--for", "sender", metavar="NAME", default="", help="Whom the link is for.")
@click.option(
    "--expires",
    "days",
    metavar="DAYS",
    type=click.FloatRange(0, _LONGEST_DAYS, min_open=True),
    default=7,
    show_default=True,
    help=f"How many days the link is good, at most {_LONGEST_DAYS}; 0.5 is twelve hours.",
)
@click.option("--end", "ended", metavar="ID", help="End the link with this id, make none.")
@click.option("--list", "listed", is_flag=True, help="List links, of DATASET or all; make none.")
@operator_options
def command(
    dataset: str | None, sender: str, days: float, ended: str | None, *, listed: bool
) -> None:
    """Make a link by which somebody without an AWS account sends one file of DATASET.

    It is good until a file was taken over whole or it expires; a file that was refused may be
    mended and sent again. Whoever holds the link can use it: send it to the sender only. It is
    shown this once, as the stack keeps a digest of its key.
    """
    project = find_project(Path.cwd())
    known = datasets(project)
    if dataset and dataset not in known:
        raise click.UsageError(f"there is no dataset {dataset}{meant(dataset, known)}")
    if listed:
        _list(known_invitations(open_cloud(), dataset))
        return
    if not dataset:
        raise click.UsageError("name the dataset that somebody may send, or --list links")
    if ended:
        end_invitation(open_cloud(), ended, dataset)
        say(f"the link {ended} is good no longer")
        return
    cloud = open_cloud()
    DatasetTable.find(cloud, project, dataset)
    link = invite(cloud, dataset, sender=sender, seconds=round(days * _DAY_HOURS * 3600))
    if settings().json:
        put_json(_document(link))
        return
    put(link.url)
    expires = local_text(timestamps.from_text(link.invitation.expires_at))
    say(f"{link.invitation.invitation_id} is good until {expires}")


def _list(invitations: Sequence[Invitation]) -> None:
    now = timestamps.to_text(datetime.now(UTC))
    if settings().json:
        put_json([_told(each, now) for each in invitations])
        return
    if not invitations:
        say(f"no such link; `{program()} invite DATASET` makes one")
        return
    rows = (
        [
            each.invitation_id,
            each.dataset,
            each.sender,
            each.state(now),
            f"{len(each.tries)} of {MAX_TRIES}",
            local_text(timestamps.from_text(each.expires_at)),
        ]
        for each in invitations
    )
    put_lines(table(["link", "dataset", "for", "state", "tries", "expires"], rows))


def _told(invitation: Invitation, now: str) -> dict[str, object]:
    """An invitation for programs; its key is nowhere, and the digest of it is nobody's business."""
    return {
        "invitation_id": invitation.invitation_id,
        "dataset": invitation.dataset,
        "for": invitation.sender,
        "state": invitation.state(now),
        "tries": len(invitation.tries),
        "created_at": invitation.created_at,
        "created_by": invitation.created_by,
        "expires_at": invitation.expires_at,
    }


def _document(link: Link) -> dict[str, str]:
    invitation = link.invitation
    return {
        "url": link.url,
        "invitation_id": invitation.invitation_id,
        "dataset": invitation.dataset,
        "for": invitation.sender,
        "expires_at": invitation.expires_at,
    }
