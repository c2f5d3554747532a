"""Receive Upload: the door for those who have no AWS account, behind a REST API.

Routes, for whoever holds an invitation's link, `…/uploads/<id>#<secret>`:
    `GET /uploads/{id}`            a page without facts: it changes nothing and looks up nothing
    `GET /uploads/assets/{name}`   its style, script and icon
    `POST /uploads/{id}/form`      `{"secret", "name", "size_bytes"}` → `{"url", "fields"}`: a form
                                   for S3 that binds the key, the content type and the largest size
    `POST /uploads/{id}/fate`      `{"secret", "version_id"?}` → what may be sent, and what became
                                   of the last file: facts of that file only

The stage says in `MaxUploadBytes` how large a file may be. Bodies are JSON, and were held against
the API's models before.
Status codes: 400 no such body, 403 another site's page, 404 no such link, 409 the file before is
still looked at, 410 expired or used, 422 no such file is taken, 503 later.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from pages.http import Request, Response, UnreadableBodyError, document
from pipeline.door.invitation import InvitationError
from stores import aws
from stores.control import ControlTable
from stores.fates import Fates
from stores.invitations import Invitations
from upload_page import page, sending
from upload_page.refusals import BUSY, NO_LINK, refused

log = logging.getLogger(__name__)
aws.at_init(aws.dynamodb, aws.s3)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one HTTP request."""
    route = f"{event['httpMethod']} {event['resource']}"
    request = Request.parse(event)
    try:
        return _answer(route, request, event["stageVariables"]).as_payload()
    except (InvitationError, UnreadableBodyError) as error:
        log.info("refused", extra={"kind": type(error).__name__})
        return refused(error).as_payload()
    except (ClientError, HTTPClientError) as error:
        if not aws.is_transient(error):
            raise
        log.warning("AWS was away", extra={"error": type(error).__name__})
        return document(503, BUSY).as_payload()


def _answer(route: str, request: Request, variables: Mapping[str, str]) -> Response:
    match route:
        case "GET /uploads/{id}":
            return page.shell(request, os.environ["LANDING_BUCKET"], os.environ["METER_KEY"])
        case "GET /uploads/assets/{name}":
            return page.file(request)
        case "POST /uploads/{id}/form":
            return sending.form(request, _door(variables))
        case "POST /uploads/{id}/fate":
            return sending.fate(request, _door(variables))
    return document(404, NO_LINK)


def _door(variables: Mapping[str, str]) -> sending.Door:
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    return sending.Door(
        invitations=Invitations(control),
        fates=Fates(control),
        bucket=os.environ["LANDING_BUCKET"],
        max_bytes=int(variables["MaxUploadBytes"]),
    )
