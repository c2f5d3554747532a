"""Why a route of the gate cannot do its work, for people as a page and for programs as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from approval_page import render
from pages.http import Response, document, page


def not_found() -> Response:
    """Return what a wrong link gets: it does not tell which half of it is wrong."""
    sentence = (
        "This link leads nowhere: it is incomplete, or a newer message has replaced it. "
        "Take the link of the latest message, or ask with `sluice approvals`."
    )
    return page(404, render.message("No such approval", sentence))


@dataclass(frozen=True, kw_only=True, slots=True)
class Hindrance:
    """Why a route cannot do its work, whoever asks."""

    status: int
    code: str
    title: str
    sentence: str

    def as_page(self) -> Response:
        """For people."""
        return page(self.status, render.message(self.title, self.sentence))

    def as_document(self) -> Response:
        """For programs."""
        return document(self.status, {"error": self.code, "message": self.sentence})


BUSY = Hindrance(
    status=503,
    code="busy",
    title="Too busy just now",
    sentence="Nothing was lost. Wait a moment, then try again.",
)
EXCHANGED = Hindrance(
    status=409,
    code="report_exchanged",
    title="The report was exchanged",
    sentence="The stored report is not the one that was judged, so nobody can decide on it.",
)
