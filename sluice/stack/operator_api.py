"""The gate's routes for operators: signed requests, so that IAM knows who decides.

Routes below the stack's approvals URL: `GET /operator/approvals`, `GET /operator/approvals/{id}`,
`POST /operator/approvals/{id}/decision`. None of them shows a task token or a link's secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session

from sluice.stack.cloud import Cloud
from sluice.terminal.exits import CloudError, NotFoundError, OperatorError

Document = Mapping[str, Any]

# The service name that API Gateway expects in a signature.
_SERVICE = "execute-api"


class ConflictError(OperatorError):
    """Somebody else has decided already, or the time is over; `document` says who and when."""

    def __init__(self, message: str, document: Document) -> None:
        super().__init__(message)
        self.document = document


def list_approvals(cloud: Cloud) -> list[Document]:
    """The approvals that wait for a decision."""
    document = _call(cloud, "GET", "/operator/approvals")
    approvals: list[Document] = document["approvals"]
    return approvals


def read_approval(cloud: Cloud, approval_id: str) -> Document:
    """The facts of one approval.

    Raises:
        NotFoundError: there is none with this id.
    """
    return _call(cloud, "GET", f"/operator/approvals/{quote(approval_id, safe='')}")


def decide(cloud: Cloud, approval_id: str, *, decision: str, comment: str) -> Document:
    """Answer the gate; `decision` is `approve` or `reject`.

    Raises:
        NotFoundError: there is no approval with this id.
        ConflictError: it was decided already, or it has expired.
        OperatorError: this caller may not decide.
    """
    path = f"/operator/approvals/{quote(approval_id, safe='')}/decision"
    return _call(cloud, "POST", path, {"decision": decision, "comment": comment})


def _call(cloud: Cloud, method: str, path: str, body: Document | None = None) -> Document:
    url = cloud.stack.approvals_url + path
    data = json.dumps(body).encode() if body is not None else b""
    request = AWSRequest(method, url, {"Content-Type": "application/json"}, data)
    credentials = cloud.session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    SigV4Auth(credentials.get_frozen_credentials(), _SERVICE, cloud.session.region_name).add_auth(
        request
    )
    answer = URLLib3Session().send(request.prepare())
    document = _document(answer.content)
    if answer.status_code == HTTPStatus.OK:
        return document
    raise _refusal(answer.status_code, document, path)


def _document(content: bytes) -> Document:
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _refusal(status: int, document: Document, path: str) -> OperatorError:
    said = document.get("message")
    match status:
        case HTTPStatus.NOT_FOUND:
            return NotFoundError(
                f"{said or 'there is no such approval'}; `sluice approvals` lists what waits"
            )
        case HTTPStatus.CONFLICT | HTTPStatus.GONE:
            return ConflictError(said or "it was decided already", document)
        case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY:
            return OperatorError(said or "the gate did not understand the request")
        case HTTPStatus.FORBIDDEN | HTTPStatus.UNAUTHORIZED:
            return CloudError(said or "the role you use may not decide here")
        case _:
            return CloudError(f"the gate answered {status} to {path}: {said or 'no reason given'}")
