"""Who may talk to the local cloud: whoever holds one of its keys, and no web page of another site.

A browser sends what any page asks it to send to 127.0.0.1, and any user of the machine can connect
to it.  AWS's APIs and the controls therefore ask for a signature; HTTP APIs do not, as on AWS, but
are closed to pages of other sites, which a browser names (cross-site requests) or which came by
another host name (DNS rebinding).  A form for S3 carries its signature in itself, so the
pages of APIs may post it.  An API that has a host name of its own is a site of its own:
nothing but its routes is there, and only its own pages may use it by that name.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from localcloud.faults.errors import respond_error, signature_error
from localcloud.http.callers import KEY_ID
from localcloud.http.paths import APIS
from localcloud.http.post_forms import FormError, admit, is_post_form
from localcloud.http.signatures import SignatureError, Signatures
from localcloud.http.wsgi import App, Environ, StartResponse, respond_json

_LOCAL_NAMES = ("127.0.0.1", "localhost")
_OWN_SITES = ("none", "same-origin")
_API_HOST = re.compile(r"(?P<api>[a-z0-9]+)\.execute-api\.localhost:\d+")


class Guard:
    """Passes on what the holders of a key ask for, and what the pages of HTTP APIs ask for."""

    def __init__(self, app: App, signatures: Signatures, *, serves: Callable[[str], bool]) -> None:
        """`serves` tells whether there is an HTTP API with an id."""
        self._app = app
        self._signatures = signatures
        self._serves = serves

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer 403 to a foreign page, and what AWS answers to a bad signature."""
        environ["PATH_INFO"] = path_of(environ)
        if reason := refusal(environ, serves=self._serves):
            return respond_json(start_response, HTTPStatus.FORBIDDEN, {"message": reason})
        if _is_api(environ):
            return self._app(environ, start_response)
        try:
            if is_post_form(environ):
                environ[KEY_ID], form = admit(environ, self._signatures, now=time.time())
                return form.put(self._app, environ, start_response)
            environ[KEY_ID] = self._signatures.key_id(environ)
        except SignatureError as error:
            answer = signature_error(environ, error.service, error.flaw, str(error))
            return respond_error(environ, start_response, error.service, answer)
        except FormError as error:
            return respond_error(environ, start_response, "s3", error.error)
        return self._app(environ, start_response)


def path_of(environ: Environ) -> str:
    """The path by which the local cloud knows what is asked for, under whatever host name."""
    path, named = str(environ["PATH_INFO"]), _API_HOST.fullmatch(_host(environ))
    return f"{APIS}{named['api']}{path}" if named else path


def refusal(environ: Environ, *, serves: Callable[[str], bool]) -> str | None:
    """Why a request is not answered, whoever signed it; None if it may be."""
    host = _host(environ)
    own_hosts = _own_hosts(host, str(environ["SERVER_PORT"]), serves)
    if host not in own_hosts:
        return f"the host {host!r} is not this machine"
    site = str(environ.get("HTTP_SEC_FETCH_SITE", "none"))
    if site not in _OWN_SITES and not _is_followed_link(environ):
        return "pages of other sites may not use the local cloud"
    origin = environ.get("HTTP_ORIGIN")
    if origin is None:
        return None
    parts = urlsplit(str(origin))
    if parts.scheme != "http" or parts.netloc not in own_hosts:
        return f"pages of {origin!r} may not use the local cloud"
    if not _is_api(environ) and not is_post_form(environ):
        return "pages may only use the HTTP APIs of the local cloud"
    return None


def _is_api(environ: Environ) -> bool:
    return str(environ["PATH_INFO"]).startswith(APIS)


def _is_followed_link(environ: Environ) -> bool:
    """Whether a person opens the page of an HTTP API, from a mail for instance."""
    return (
        _is_api(environ)
        and environ["REQUEST_METHOD"] == "GET"
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
    )


def _host(environ: Environ) -> str:
    return str(environ.get("HTTP_HOST", ""))


def _own_hosts(host: str, port: str, serves: Callable[[str], bool]) -> tuple[str, ...]:
    """The names, with the port, of the site that answers to `host`, if any does."""
    named = _API_HOST.fullmatch(host)
    if named and serves(named["api"]):
        return (f"{named['api']}.execute-api.localhost:{port}",)
    return tuple(f"{name}:{port}" for name in _LOCAL_NAMES)
