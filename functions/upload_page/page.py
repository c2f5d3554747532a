"""The page for everybody and its files: it holds no facts, and looks nothing up."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pages import frame
from pages.http import Request, Response, asset, document
from pages.http import page as html_page
from stores.invitations import signer
from upload_page.refusals import NO_LINK

FOLDER = Path(__file__).parent
SCRIPT = "upload.js"
_FILES = {SCRIPT: (FOLDER / SCRIPT, frame.SCRIPT)} | {
    name: (frame.FOLDER / name, kind) for name, kind in frame.STYLE.items()
}


def shell(request: Request, landing_bucket: str, meter_key: str) -> Response:
    """Return the page, the same for every id: nobody learns which ids exist.

    Its script may speak to its own API and to the landing bucket, and to nobody else. The key by
    which the API counts requests is no secret: everybody gets it.
    """
    if not request.id:
        said = frame.message("No such link", NO_LINK["message"])
        return html_page(404, frame.framed("No such link", said, assets="assets", script=SCRIPT))
    body = frame.filled(FOLDER / "shell.html", invitation_id=request.id, key=meter_key)
    text = frame.framed("Send a file", body, assets="assets", script=SCRIPT)
    headers = frame.headers(connects_to=_origin(landing_bucket))
    return Response(status=200, body=text, headers=headers)


def file(request: Request) -> Response:
    """Return a file that the page needs."""
    found = _FILES.get(request.parameters.get("name", ""))
    return asset(*found) if found else document(404, {"message": "There is no such file."})


def _origin(bucket: str) -> str:
    """Return where browsers put the bucket's objects."""
    url = urlsplit(str(signer().generate_presigned_post(bucket, "any")["url"]))
    return f"{url.scheme}://{url.netloc}"
