"""Record Decision: the approval's page and its answers, behind the HTTP API (payload format 2.0).

Routes by link (whoever holds the secret):
    `GET /approvals/{id}`             a page without facts: it changes nothing and looks up nothing
    `GET /approvals/assets/{name}`    its style, script and icon
    `POST /approvals/{id}/facts`      `secret` → the facts and the form
    `POST /approvals/{id}/decision`   `secret, form_token, answer, by, comment` → decides
Routes for operators (AWS_IAM, JSON; the caller's ARN is the name):
    `GET /operator/approvals`, `GET /operator/approvals/{id}`,
    `POST /operator/approvals/{id}/decision` with `{"decision", "comment"}`

A decision is recorded under the condition that there is none and that the stored report is the one
asked about; then the run is told, and a lost call is made again by the sweep.
Status codes: 403 not allowed, 404 no such link or id, 409 decided before (with who and when) or
another report than the one asked about, 415 no form, 422 a ballot that cannot count, 503 later.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from approval_page import by_link, by_operator
from approval_page.hindrances import BUSY, EXCHANGED, Hindrance, not_found
from pages.http import Request, Response
from pipeline.errors import DigestMismatchError
from stores import aws
from stores.control import ControlTable

log = logging.getLogger(__name__)
aws.at_init(aws.dynamodb, aws.s3, aws.stepfunctions)

ROUTES: Mapping[str, Callable[[Request, ControlTable], Response]] = {
    "GET /approvals/{id}": by_link.page,
    "GET /approvals/assets/{name}": by_link.asset,
    "POST /approvals/{id}/facts": by_link.facts,
    "POST /approvals/{id}/decision": by_link.decision,
    "GET /operator/approvals": by_operator.pending,
    "GET /operator/approvals/{id}": by_operator.show,
    "POST /operator/approvals/{id}/decision": by_operator.decision,
}


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one HTTP request."""
    route = ROUTES.get(event["routeKey"])
    if route is None:
        return not_found().as_payload()
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    try:
        return route(Request.parse(event), control).as_payload()
    except DigestMismatchError as error:
        log.error("nobody may decide on this report", extra={"error": str(error)})  # noqa: TRY400
        return _told(EXCHANGED, event["routeKey"]).as_payload()
    except (ClientError, HTTPClientError) as error:
        if not aws.is_transient(error):
            raise
        log.warning("AWS was away", extra={"error": type(error).__name__})
        return _told(BUSY, event["routeKey"]).as_payload()


def _told(hindrance: Hindrance, route_key: str) -> Response:
    signed = " /operator/" in route_key
    return hindrance.as_document() if signed else hindrance.as_page()
