"""The frame of every page, what it needs beside it, and the one way of text into HTML."""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping
from pathlib import Path
from string import Template

FOLDER = Path(__file__).parent

STYLE = {
    "gate.css": "text/css; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""Files of every page and their content types; a page has its own script besides."""

SCRIPT = "text/javascript; charset=utf-8"


def headers(*, connects_to: str = "") -> dict[str, str]:
    """Return the headers of a page whose script speaks to its own origin, and to one more.

    `referrer-policy` is not `no-referrer`: browsers would then send `Origin: null` with a form.
    """
    connect = f"'self' {connects_to}".strip()
    return {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
            f"connect-src {connect}; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "referrer-policy": "same-origin",
        "strict-transport-security": "max-age=31536000",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "x-robots-tag": "noindex, nofollow",
    }


HEADERS = headers()


def framed(title: str, body: str, *, assets: str, script: str) -> str:
    """Return a page; `body` is HTML already, `assets` the folder of what it needs."""
    page = {"title": title, "assets": assets, "script": script}
    return filled(FOLDER / "frame.html", {"body": body}, **page)


def message(title: str, sentence: str) -> str:
    """Return the body of a page that says one thing."""
    return f"<main><h1>{html.escape(title)}</h1><p>{html.escape(sentence)}</p></main>"


def filled(path: Path, markup: Mapping[str, str] | None = None, **texts: str) -> str:
    """Fill a template: `texts` are escaped, `markup` is HTML already."""
    escaped = {key: html.escape(text) for key, text in texts.items()}
    return _template(path).substitute(escaped, **(markup or {}))


@functools.cache
def _template(path: Path) -> Template:
    return Template(path.read_text(encoding="utf-8"))
