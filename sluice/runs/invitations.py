"""Links by which people without an AWS account send files."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline import timestamps
from pipeline.door.invitation import Invitation
from pipeline.gate.gate import digest_of
from pipeline.printable import printable
from sluice.stack.cloud import Cloud
from sluice.stack.control import control_table
from sluice.terminal.exits import NotFoundError, OperatorError
from stores.invitations import Invitations

_ID_BYTES = 8
_SECRET_BYTES = 32
_LONGEST_NAME = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A new invitation and the address that opens it, which nobody can find out later."""

    invitation: Invitation
    url: str


def invite(cloud: Cloud, dataset: str, *, sender: str, seconds: int) -> Link:
    """Invite somebody, called `sender`, to send a file of a dataset within so many seconds.

    Raises:
        OperatorError: the stack was deployed before there was a door.
    """
    if cloud.stack.uploads_url is None:
        raise OperatorError(
            f"stack {cloud.stack.name} has no door for senders: deploy this version of Sluice"
        )
    secret, now = secrets.token_urlsafe(_SECRET_BYTES), timestamps.to_text(datetime.now(UTC))
    invitation = Invitation(
        invitation_id=secrets.token_hex(_ID_BYTES),
        dataset=dataset,
        created_at=now,
        created_by=cloud.caller_arn,
        expires_at=timestamps.later(now, seconds),
        left_alone=cloud.stack.left_alone_names,
        sender=printable(sender)[:_LONGEST_NAME],
        secret_sha256=digest_of(secret),
    )
    _invitations(cloud).keep(invitation)
    url = f"{cloud.stack.uploads_url}/uploads/{invitation.invitation_id}#{secret}"
    return Link(invitation=invitation, url=url)


def known_invitations(cloud: Cloud, dataset: str | None) -> list[Invitation]:
    """Return the invitations that the stack remembers, of one dataset or all, the newest first."""
    found = reversed(_invitations(cloud).known())
    return [each for each in found if dataset in (None, each.dataset)]


def end_invitation(cloud: Cloud, invitation_id: str, dataset: str) -> None:
    """Let a link be good no longer; a file that was sent by it goes its way.

    Raises:
        NotFoundError: there is no such invitation to that dataset.
    """
    now = timestamps.to_text(datetime.now(UTC))
    if not _invitations(cloud).end(invitation_id, dataset, at=now):
        raise NotFoundError(f"there is no invitation {invitation_id} to send files of {dataset}")


def _invitations(cloud: Cloud) -> Invitations:
    return Invitations(control_table(cloud))
