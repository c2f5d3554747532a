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
from sluice.terminal.exits import OperatorError
from stores.control import ControlTable
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
    Invitations(ControlTable(cloud.dynamodb, cloud.stack.control_table)).keep(invitation)
    url = f"{cloud.stack.uploads_url}/uploads/{invitation.invitation_id}#{secret}"
    return Link(invitation=invitation, url=url)
