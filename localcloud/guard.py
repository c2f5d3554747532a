"""Who may talk to the local cloud: programs of this machine, and no web page of another origin.

A browser sends what any page asks it to send to 127.0.0.1.  It cannot, however, hide the page's
origin nor the host name it resolved, so requests with a foreign one of either are refused
(cross-site requests and DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from localcloud.wsgi import App, Environ, StartResponse, respond_json

_LOCAL_NAMES = ("127.0.0.1", "localhost")


class Guard:
    """Passes on what this machine's own programs and pages ask for."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer 403 to a foreign Host or Origin."""
        if reason := refusal(environ):
            return respond_json(start_response, HTTPStatus.FORBIDDEN, {"message": reason})
        return self._app(environ, start_response)


def refusal(environ: Environ) -> str | None:
    """Why a request is not answered; None if it is."""
    port = str(environ["SERVER_PORT"])
    host = str(environ.get("HTTP_HOST", ""))
    if not _is_local(host, port):
        return f"the host {host!r} is not this machine"
    origin = environ.get("HTTP_ORIGIN")
    if origin is None:
        return None
    parts = urlsplit(str(origin))
    if parts.scheme != "http" or not _is_local(parts.netloc, port):
        return f"pages of {origin!r} may not use the local cloud"
    if not str(environ["PATH_INFO"]).startswith("/_apigateway/"):
        return "pages may only use the HTTP APIs of the local cloud"
    return None


def _is_local(host: str, port: str) -> bool:
    name, _, asked = host.partition(":")
    return asked == port and name in _LOCAL_NAMES
