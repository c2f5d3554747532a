"""Requests and responses of an HTTP API, payload format 2.0.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from approval_page import render

MAX_BODY_CHARACTERS = 20_000
MAX_FORM_FIELDS = 20
_APPROVAL_ID = re.compile(r"[0-9a-f]{1,64}")


class UnreadableBodyError(Exception):
    """The body is not what its content type promises, or far too long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request, headers in lower case."""

    approval_id: str
    """Of the path; the empty text if no approval can have such an id."""
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: str
    host: str
    caller_arn: str
    """Who signed the request; the empty text on routes that need no signature."""

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> Self:
        """Read the event that API Gateway hands to the function."""
        context = event.get("requestContext", {})
        headers = {name.lower(): text for name, text in event.get("headers", {}).items()}
        identity = context.get("authorizer", {}).get("iam", {})
        parameters = event.get("pathParameters") or {}
        approval_id = parameters.get("id", "")
        return cls(
            approval_id=approval_id if _APPROVAL_ID.fullmatch(approval_id) else "",
            parameters=parameters,
            headers=headers,
            body=_body(event),
            host=headers.get("host") or context.get("domainName", ""),
            caller_arn=identity.get("userArn") or "",
        )

    def form(self) -> dict[str, str]:
        """Return the fields of an HTML form.

        Raises:
            UnreadableBodyError: the body is no such form.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded" or len(self.body) > MAX_BODY_CHARACTERS:
            raise UnreadableBodyError("only a short HTML form is understood here")
        try:
            return dict(
                parse_qsl(self.body, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
            )
        except ValueError as error:
            raise UnreadableBodyError("the form has too many fields") from error

    def json(self) -> dict[str, Any]:
        """Return the JSON object in the body.

        Raises:
            UnreadableBodyError: the body is none.
        """
        if len(self.body) > MAX_BODY_CHARACTERS:
            raise UnreadableBodyError("the body is far too long")
        try:
            document = json.loads(self.body)
            json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError) as error:
            raise UnreadableBodyError("the body is no JSON, or nested too deeply") from error
        if not isinstance(document, dict):
            raise UnreadableBodyError("the body is no JSON object")
        return document

    @property
    def is_from_elsewhere(self) -> bool:
        """True if a browser says that another site's page sent this."""
        origin = self.headers.get("origin")
        site = self.headers.get("sec-fetch-site", "same-origin")
        foreign = origin is not None and _host_of(origin) != self.host
        return foreign or site not in {"same-origin", "none"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """One response."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=lambda: render.HEADERS)

    def as_payload(self) -> dict[str, Any]:
        """The response as API Gateway takes it."""
        return {"statusCode": self.status, "headers": dict(self.headers), "body": self.body}


def page(status: int, text: str) -> Response:
    """Return an HTML response."""
    return Response(status=status, body=text)


def document(status: int, content: object) -> Response:
    """Return a JSON response."""
    headers = {**render.HEADERS, "content-type": "application/json"}
    return Response(status=status, body=json.dumps(content, ensure_ascii=False), headers=headers)


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


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _body(event: Mapping[str, Any]) -> str:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode(errors="replace").decode()
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""
