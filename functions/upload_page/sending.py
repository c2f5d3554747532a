"""What the page's script asks for: a form to send a file by, and what became of the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pages.http import Request, Response, UnreadableBodyError, document
from pipeline.door.fate import Fate
from pipeline.door.invitation import ACCEPTED, Invitation, UnderWayError, check_size
from stores import clock
from stores.fates import Fates
from stores.invitations import Invitations, form_for
from upload_page.refusals import FOREIGN, NO_LINK

_UNDER_WAY = "Your file is still looked at. Wait until this page tells what became of it."


@dataclass(frozen=True, slots=True)
class Door:
    """Where a request's invitation, and what became of its files, is looked up."""

    invitations: Invitations
    fates: Fates
    bucket: str
    max_bytes: int
    """Of a file that is taken."""

    def opened(self, request: Request, body: Mapping[str, Any]) -> Invitation | None:
        """Return the invitation whose secret the body brings."""
        found = self.invitations.find(request.id)
        return found if found and found.accepts(str(body.get("secret", ""))) else None

    def fate(self, invitation: Invitation) -> Fate | None:
        """Return what became of the last file that was sent; None if none was."""
        sent = invitation.last_sent
        return self.fates.of(self.bucket, sent.key, sent.version_id) if sent else None


def form(request: Request, door: Door) -> Response:
    """Return the form for one file: `{"url", "fields"}`.

    Raises:
        InvitationError: nothing, or not this, can be sent.
        UnreadableBodyError: the body is not what the model asks for.
    """
    body = request.json()
    invitation = door.opened(request, body)
    if request.is_from_elsewhere or invitation is None:
        return _closed(request)
    fate = door.fate(invitation)
    if fate is not None and fate.state == "accepted":
        invitation = _used(door, invitation)
    elif fate is not None and not fate.may_send_again:
        raise UnderWayError(_UNDER_WAY)
    name, size = body.get("name"), body.get("size_bytes")
    if not isinstance(name, str) or not isinstance(size, int):
        raise UnreadableBodyError("a file is told by its name and size_bytes")
    asked = invitation.asking(name, now=clock.now())
    check_size(size, max_bytes=door.max_bytes)
    if not door.invitations.change(invitation, asked):
        raise UnderWayError("Another page just asked for the same. Try again.")
    key = asked.tries[-1].key
    return document(200, form_for(door.bucket, key, name, max_bytes=door.max_bytes))


def fate(request: Request, door: Door) -> Response:
    """Return how things stand: what may be sent until when, and what became of the last file.

    `version_id`, which S3 told the page, says that the file of the last form has arrived.
    """
    body = request.json()
    invitation = door.opened(request, body)
    if request.is_from_elsewhere or invitation is None:
        return _closed(request)
    version = body.get("version_id", "")
    if version and invitation.tries:
        invitation = _noted(door, invitation, str(version))
    found = door.fate(invitation)
    if found is not None and found.state == "accepted":
        invitation = _used(door, invitation)
    return document(200, _standing(invitation, found, door.max_bytes))


def _standing(invitation: Invitation, fate: Fate | None, max_bytes: int) -> dict[str, Any]:
    over = invitation.over(clock.now())
    may_send = not over and (fate is None or fate.may_send_again)
    return {
        "dataset": invitation.dataset,
        "sender": invitation.sender,
        "expires_at": invitation.expires_at,
        "max_bytes": max_bytes,
        "may_send": may_send,
        "over": over,
        "file": invitation.last_sent.name if invitation.last_sent else "",
        "fate": fate.as_document() if fate else None,
    }


def _noted(door: Door, invitation: Invitation, version_id: str) -> Invitation:
    sent = invitation.sent(version_id)
    if sent == invitation or door.invitations.change(invitation, sent):
        return sent
    return door.invitations.find(invitation.invitation_id) or invitation


def _used(door: Door, invitation: Invitation) -> Invitation:
    if invitation.status != ACCEPTED:
        door.invitations.change(invitation, invitation.used())
    return invitation.used()


def _closed(request: Request) -> Response:
    """Return why nobody is let in; a wrong link does not tell which half of it is wrong."""
    return document(403, FOREIGN) if request.is_from_elsewhere else document(404, NO_LINK)
