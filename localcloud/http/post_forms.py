"""Forms by which browsers put objects into S3 (POST Object), under a policy that somebody signed.

A form that its policy allows goes on as the PutObject that it stands for, signed by the same key.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from localcloud.faults.errors import ServiceError
from localcloud.http.signatures import Signatures
from localcloud.http.wsgi import (
    HEADER_NAMES,
    App,
    Environ,
    StartResponse,
    raw_path,
    read_body,
    replace_body,
    variable_of,
)

POSTED = "localcloud.posted"
"""Set in the environ of a PutObject that came as a form."""

_UNBOUND = frozenset({"x-amz-signature", "policy", "file"})
_NO_HEADERS = frozenset(
    {"key", "policy", "file", "bucket", "success_action_status", "success_action_redirect"}
    | {"x-amz-signature", "x-amz-algorithm", "x-amz-credential", "x-amz-date"}
    | {"x-amz-security-token"}
)
_IGNORED = "x-ignore-"
_MOST_FORM_BYTES = 1 << 20
_SIZE = "content-length-range"


class FormError(Exception):
    """S3 does not take the form; `error` is what it answers."""

    def __init__(self, code: str, message: str, *, status: HTTPStatus) -> None:
        super().__init__(message)
        self.error = ServiceError(code, status, message)


@dataclass(frozen=True, slots=True)
class PostForm:
    """One form: its fields, their names in lower case, and its file."""

    bucket: str
    fields: Mapping[str, str]
    content: bytes

    def put(self, app: App, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let `app` answer the PutObject that the form stands for, and answer as S3 does then."""
        url = f"/{self.bucket}/{quote(self.fields['key'])}"
        headers = {name: text for name, text in self.fields.items() if _is_header(name)}
        signed = f"Credential={self.fields['x-amz-credential']}, SignedHeaders=host, Signature="
        inner = {name: value for name, value in environ.items() if not name.startswith("HTTP_")} | {
            "REQUEST_METHOD": "PUT",
            "REQUEST_URI": url,
            "PATH_INFO": f"/{self.bucket}/{self.fields['key']}",
            "HTTP_HOST": environ["HTTP_HOST"],
            "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 {signed}{self.fields['x-amz-signature']}",
            HEADER_NAMES: tuple(headers),
            POSTED: True,
            **{variable_of(name): text for name, text in headers.items()},
        }
        if "content-type" not in headers:
            inner["CONTENT_TYPE"] = "binary/octet-stream"
        replace_body(inner, self.content)
        told: list[tuple[str, str]] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if not status.startswith("200"):
                return start_response(status, headers, *rest)
            told.extend(headers)
            return None

        body = app(inner, start)
        return self._told(told, start_response) if told else body

    def _told(self, told: Iterable[tuple[str, str]], start_response: StartResponse) -> list[bytes]:
        wanted = {"200": HTTPStatus.OK, "201": HTTPStatus.CREATED}
        status = wanted.get(self.fields.get("success_action_status", ""), HTTPStatus.NO_CONTENT)
        kept = {name.lower(): value for name, value in told}
        tag = kept.get("etag", "")
        body = self._document(tag) if status == HTTPStatus.CREATED else b""
        headers: dict[str, str] = {n: kept[n] for n in ("etag", "x-amz-version-id") if n in kept}
        headers |= {"location": f"/{self.bucket}/{quote(self.fields['key'])}"}
        if status != HTTPStatus.NO_CONTENT:
            headers |= {"content-length": str(len(body)), "content-type": "application/xml"}
        start_response(f"{status.value} {status.phrase}", list(headers.items()))
        return [body]

    def _document(self, etag: str) -> bytes:
        key = self.fields["key"]
        members = {"Location": f"/{self.bucket}/{quote(key)}", "Bucket": self.bucket, "Key": key}
        inner = "".join(f"<{n}>{escape(v)}</{n}>" for n, v in (members | {"ETag": etag}).items())
        return f"<PostResponse>{inner}</PostResponse>".encode()


def is_post_form(environ: Environ) -> bool:
    """Whether a request is a form for a bucket, whose signature stands in the form."""
    if environ.get("REQUEST_METHOD") != "POST":
        return False
    bucket = raw_path(environ).strip("/")
    return (
        str(environ.get("CONTENT_TYPE", "")).startswith("multipart/form-data")
        and "HTTP_AUTHORIZATION" not in environ
        and not environ.get("QUERY_STRING")
        and bucket != ""
        and "/" not in bucket
    )


def admit(environ: Environ, signatures: Signatures, *, now: float) -> tuple[str, PostForm]:
    """The access key id that signed a form's policy, and the form, which the policy allows.

    Raises:
        SignatureError: the policy is not signed as it must be.
        FormError: the policy does not allow the form, or this is none.
    """
    form = _read(environ)
    key_id = signatures.key_id_of_policy(
        form.fields.get("policy", ""),
        credential=form.fields.get("x-amz-credential", ""),
        signature=form.fields.get("x-amz-signature", ""),
    )
    check(form, _policy(form.fields["policy"]), now=now)
    return key_id, form


def check(form: PostForm, policy: Mapping[str, Any], *, now: float) -> None:
    """Hold a form against its policy.

    Raises:
        FormError: it has expired, or a field or the file's size is not what it says.
    """
    try:
        expires = datetime.fromisoformat(str(policy["expiration"]))
        conditions = [_condition(condition) for condition in policy["conditions"]]
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed() from error
    if now > expires.timestamp():
        raise _against_policy("Policy expired.")
    fields = {**form.fields, "bucket": form.bucket}
    for kind, name, wanted in conditions:
        if kind != _SIZE and not _holds(kind, fields.get(name, ""), wanted):
            stated = json.dumps([kind, f"${name}", wanted])
            raise _against_policy(f"Policy Condition failed: {stated}")
    bound = {name for _, name, _ in conditions} | _UNBOUND
    if extra := sorted(n for n in form.fields if n not in bound and not n.startswith(_IGNORED)):
        raise _against_policy(f"Extra input fields: {extra[0]}")
    for kind, least, most in conditions:
        if kind == _SIZE:
            _check_size(len(form.content), int(least), int(most))


def _check_size(size: int, least: int, most: int) -> None:
    bad = HTTPStatus.BAD_REQUEST
    if size > most:
        message = "Your proposed upload exceeds the maximum allowed size"
        raise FormError("EntityTooLarge", message, status=bad)
    if size < least:
        message = "Your proposed upload is smaller than the minimum allowed size"
        raise FormError("EntityTooSmall", message, status=bad)


def _condition(stated: Any) -> tuple[str, str, str]:
    """Kind, name of the field and value; of a range of sizes the limits.

    >>> _condition({"Key": "a"}), _condition(["starts-with", "$Content-Type", "text/"])
    (('eq', 'key', 'a'), ('starts-with', 'content-type', 'text/'))
    """
    if isinstance(stated, Mapping):
        [(name, value)] = stated.items()
        return "eq", name.lower(), str(value)
    kind, name, value = stated
    if kind.lower() == _SIZE:
        return _SIZE, str(int(name)), str(int(value))
    return kind.lower(), str(name).removeprefix("$").lower(), str(value)


def _holds(kind: str, value: str, wanted: str) -> bool:
    return value.startswith(wanted) if kind == "starts-with" else value == wanted


def _read(environ: Environ) -> PostForm:
    from werkzeug.formparser import parse_form_data  # noqa: PLC0415  few forms ever come

    bucket = raw_path(environ).strip("/")
    read_body(environ)
    _, form, files = parse_form_data(
        environ, lambda *_, **__: io.BytesIO(), max_form_memory_size=_MOST_FORM_BYTES
    )
    fields = {name.lower(): text for name, text in form.items()}
    found = files.getlist("file")
    if len(found) != 1:
        raise _invalid("POST requires exactly one file upload per request.")
    if not fields.get("key"):
        raise _invalid("Bucket POST must contain a field named 'key'.")
    fields["key"] = fields["key"].replace("${filename}", found[0].filename or "")
    return PostForm(bucket, fields, found[0].read())


def _policy(encoded: str) -> Mapping[str, Any]:
    try:
        policy = json.loads(base64.b64decode(encoded))
    except ValueError as error:
        raise _malformed() from error
    if not isinstance(policy, Mapping):
        raise _malformed()
    return policy


def _is_header(name: str) -> bool:
    return name not in _NO_HEADERS and not name.startswith(_IGNORED)


def _against_policy(why: str) -> FormError:
    message = f"Invalid according to Policy: {why}"
    return FormError("AccessDenied", message, status=HTTPStatus.FORBIDDEN)


def _invalid(message: str) -> FormError:
    return FormError("InvalidArgument", message, status=HTTPStatus.BAD_REQUEST)


def _malformed() -> FormError:
    message = "Invalid Policy: Invalid JSON, or not of its form."
    return FormError("InvalidPolicyDocument", message, status=HTTPStatus.BAD_REQUEST)
