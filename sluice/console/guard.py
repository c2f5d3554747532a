"""Who may use the console: the person who started it, from a page of the console itself.

The console acts with its owner's AWS credentials, so it does not trust the loopback interface:
other users and any web page in the browser reach that too. A key, handed over in the fragment of
the first URL (which is never sent), is traded for a cookie; requests must name this console's own
host; and what changes something must carry a token that only the console's own pages hold.

Browsers send a cookie to every port of a host. The host is therefore a name below `localhost` that
nobody else knows: whoever listens on another port of this machine never gets the cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

COOKIE = "sluice_console"
FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_OPEN_ENDPOINTS = frozenset({"sign_in", "open_session", "static"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """The secrets of one console; they die with it."""

    host: str = field(default_factory=lambda: f"console-{secrets.token_hex(8)}.localhost")
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def form_token(self) -> str:
        """What a form of the console carries."""
        return hmac.new(self.session.encode(), b"form", hashlib.sha256).hexdigest()

    def protect(self, app: Flask) -> None:
        """Let every request of an app pass through this guard."""
        app.before_request(self._admit)
        app.after_request(_harden)
        app.context_processor(lambda: {"form_token": self.form_token()})

    def opens(self, key: str) -> bool:
        """Whether this is the key."""
        return secrets.compare_digest(key.encode(), self.key.encode())

    def admit(self, response: AnyResponse) -> None:
        """Give the browser its cookie."""
        response.set_cookie(COOKIE, self.session, httponly=True, samesite="Strict")

    def _admit(self) -> AnyResponse | None:
        # A name that somebody else's DNS points here would make their page one of ours.
        if urlsplit(f"//{request.host}").hostname != self.host:
            abort(HTTPStatus.MISDIRECTED_REQUEST)
        if request.endpoint in _OPEN_ENDPOINTS:
            return None
        cookie = request.cookies.get(COOKIE, "")
        if not secrets.compare_digest(cookie.encode(), self.session.encode()):
            return redirect(url_for("sign_in"), HTTPStatus.SEE_OTHER)
        if request.method == "POST" and not self._is_own_form():
            abort(HTTPStatus.FORBIDDEN)
        return None

    def _is_own_form(self) -> bool:
        given = request.form.get(FORM_TOKEN, "")
        return secrets.compare_digest(given.encode(), self.form_token().encode())


def _harden(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response
