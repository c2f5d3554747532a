"""What a sender is told when a request cannot be met: a code for the page, a sentence to read."""

from __future__ import annotations

from collections.abc import Mapping

from pages.http import Response, UnreadableBodyError, document
from pipeline.door.invitation import (
    BadFileError,
    InvitationError,
    InvitationOverError,
    UnderWayError,
)
from pipeline.words.sender import sentence

NO_LINK: Mapping[str, str] = {
    "error": "no_link",
    "message": "This link leads nowhere: it is incomplete, or it is not known any more. "
    "Copy it whole, with what stands behind the #, or ask for a new one.",
}
FOREIGN: Mapping[str, str] = {
    "error": "foreign_origin",
    "message": "The request came from the page of another site. Open the link itself.",
}
BUSY: Mapping[str, str] = {
    "error": "busy",
    "message": "Too busy just now; nothing was lost. Wait a moment, then try again.",
}
_KINDS: Mapping[type[Exception], tuple[int, str]] = {
    BadFileError: (422, "bad_file"),
    InvitationOverError: (410, "over"),
    UnderWayError: (409, "under_way"),
    UnreadableBodyError: (400, "unreadable"),
}


def refused(error: InvitationError | UnreadableBodyError) -> Response:
    """Return what an error says to the sender."""
    status, code = _KINDS[type(error)]
    return document(status, {"error": code, "message": sentence(str(error))})
