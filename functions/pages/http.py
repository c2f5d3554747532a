"""Requests and responses of HTTP APIs and of REST APIs: payload formats 2.0 and 1.0.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
and https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from pages import frame

MAX_BODY_CHARACTERS = 20_000
MAX_FORM_FIELDS = 20
_ID = re.compile(r"[0-9a-f]{1,64}")


class UnreadableBodyError(Exception):
    """The body is not what its content type promises, or far too long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request, headers in lower case."""

    id: str
    """Of the path, of what the page is about; the empty text if nothing can have such an id."""
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
        headers = {name.lower(): text for name, text in (event.get("headers") or {}).items()}
        identity = context.get("authorizer", {}).get("iam", {})
        parameters = event.get("pathParameters") or {}
        page_id = parameters.get("id", "")
        return cls(
            id=page_id if _ID.fullmatch(page_id) else "",
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
    headers: Mapping[str, str] = field(default_factory=lambda: frame.HEADERS)

    def as_payload(self) -> dict[str, Any]:
        """The response as API Gateway takes it."""
        return {"statusCode": self.status, "headers": dict(self.headers), "body": self.body}


def page(status: int, text: str) -> Response:
    """Return an HTML response."""
    return Response(status=status, body=text)


def document(status: int, content: object) -> Response:
    """Return a JSON response."""
    headers = {**frame.HEADERS, "content-type": "application/json"}
    return Response(status=status, body=json.dumps(content, ensure_ascii=False), headers=headers)


def asset(path: Path, content_type: str) -> Response:
    """Return a file that a page needs."""
    headers = {
        **frame.HEADERS,
        "content-type": content_type,
        "cache-control": "public, max-age=300",
    }
    return Response(status=200, body=path.read_text(encoding="utf-8"), headers=headers)


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
