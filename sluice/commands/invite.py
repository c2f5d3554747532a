"""`sluice invite DATASET`: a link by which somebody without an AWS account sends a file."""

from __future__ import annotations

from pathlib import Path

import click

from sluice.options import open_cloud, operator_options, settings
from sluice.runs.invitations import Link, end_invitation, invite
from sluice.stack.project import datasets, find_project, meant
from sluice.terminal.output import put, put_json, say

_DAY_HOURS = 24
_LONGEST_DAYS = 90


@click.command("invite")
@click.argument("dataset")
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
@operator_options
def command(dataset: str, sender: str, days: float, ended: str | None) -> None:
    """Make a link by which somebody without an AWS account sends one file of DATASET.

    It is good until a file was taken over whole or it expires; a file that was refused may be
    mended and sent again. Whoever holds the link can use it: send it to the sender only. It is
    shown this once, as the stack keeps a digest of its key.
    """
    known = datasets(find_project(Path.cwd()))
    if dataset not in known:
        raise click.UsageError(f"there is no dataset {dataset}{meant(dataset, known)}")
    if ended:
        end_invitation(open_cloud(), ended, dataset)
        say(f"the link {ended} is good no longer")
        return
    link = invite(open_cloud(), dataset, sender=sender, seconds=round(days * _DAY_HOURS * 3600))
    if settings().json:
        put_json(_document(link))
        return
    put(link.url)
    say(f"{link.invitation.invitation_id} is good until {link.invitation.expires_at}")


def _document(link: Link) -> dict[str, str]:
    invitation = link.invitation
    return {
        "url": link.url,
        "invitation_id": invitation.invitation_id,
        "dataset": invitation.dataset,
        "for": invitation.sender,
        "expires_at": invitation.expires_at,
    }
