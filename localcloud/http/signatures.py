"""Whether a request was signed with a key of this cloud: Signature Version 4, header or query.

The hash of S3's body is taken from its signed header: who could change the body could not have
signed it.  Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from posixpath import normpath
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit

from localcloud.http.wsgi import Environ, raw_path, read_body

_ALGORITHM = "AWS4-HMAC-SHA256"
_HEADER = re.compile(
    rf"{_ALGORITHM} Credential=(?P<credential>[^,\s]+), ?"
    r"SignedHeaders=(?P<headers>[^,\s]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
_SKEW_SECONDS = 15 * 60
_LONGEST_SECONDS = 7 * 24 * 3600
_UNSIGNED = "UNSIGNED-PAYLOAD"
_QUERY_SIGNATURE = "X-Amz-Signature"

Flaw = Literal["missing", "unknown key", "wrong", "expired"]


class SignatureError(Exception):
    """The request is not signed as it must be; `flaw` says how, `service` for whom it was."""

    def __init__(self, flaw: Flaw, message: str, *, service: str = "s3") -> None:
        super().__init__(message)
        self.flaw = flaw
        self.service = service


@dataclass(frozen=True, kw_only=True, slots=True)
class _Claim:
    """What a request says about its signature."""

    key_id: str
    date: str
    region: str
    service: str
    headers: str
    signature: str
    moment: str
    """Such as `20260701T120000Z`."""
    lifetime_seconds: int
    in_query: bool

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


class Signatures:
    """Knows the keys, and so who signed."""

    def __init__(self, secret_of: Callable[[str], str | None], *, now: Callable[[], float]) -> None:
        self._secret_of = secret_of
        self._now = now

    def key_id(self, environ: Environ, *, service: str | None = None) -> str:
        """The access key id that signed a request, for `service` if that is given.

        Raises:
            SignatureError: nobody did, or not with a key of this cloud.
        """
        if key_id := self._key_id_of_old_link(environ):
            return key_id
        claim = _claim(environ)
        secret = self._secret_of(claim.key_id)
        if secret is None:
            raise SignatureError(
                "unknown key",
                f"the access key id {claim.key_id!r} is none of this cloud's: "
                "a new start prints new keys",
                service=claim.service,
            )
        if service not in (None, claim.service):
            raise SignatureError("wrong", f"signed for {claim.service}, not for {service}")
        self._check_time(claim)
        text = f"{_ALGORITHM}\n{claim.moment}\n{claim.scope}\n{_digest(_canonical(environ, claim))}"
        key = _signing_key(secret, claim.date, claim.region, claim.service)
        if not hmac.compare_digest(_mac(key, text).hex(), claim.signature):
            raise SignatureError(
                "wrong",
                "the signature is not that of the secret access key for this request",
                service=claim.service,
            )
        return claim.key_id

    def key_id_of_policy(self, policy: str, *, credential: str, signature: str) -> str:
        """The access key id that signed the policy of a form, as it stands in the form.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html

        Raises:
            SignatureError: nobody did, or not with a key of this cloud.
        """
        parts = credential.rsplit("/", 4)
        if len(parts) != 5:  # noqa: PLR2004  key, date, region, service, end
            raise SignatureError("missing", "the form's policy is not signed")
        key_id, date, region, service, _ = parts
        secret = self._secret_of(key_id)
        if secret is None:
            raise SignatureError("unknown key", f"the access key id {key_id!r} is none of here")
        expected = _mac(_signing_key(secret, date, region, service), policy).hex()
        if not hmac.compare_digest(expected, signature):
            raise SignatureError("wrong", "the signature is not that of this policy")
        return key_id

    def _key_id_of_old_link(self, environ: Environ) -> str:
        """Who presigned in the way before Version 4, which SDKs still do for us-east-1."""
        query = dict(parse_qsl(str(environ.get("QUERY_STRING", ""))))
        if "HTTP_AUTHORIZATION" in environ or "AWSAccessKeyId" not in query:
            return ""
        key_id, expires = query["AWSAccessKeyId"], query.get("Expires", "")
        secret = self._secret_of(key_id)
        if secret is None:
            raise SignatureError("unknown key", f"the access key id {key_id!r} is none of here")
        from botocore.auth import HmacV1Auth  # noqa: PLC0415  slow to import, and rarely needed
        from botocore.credentials import Credentials  # noqa: PLC0415

        signer = HmacV1Auth(Credentials(key_id, secret))
        text = "\n".join(
            (
                str(environ["REQUEST_METHOD"]),
                str(environ.get("HTTP_CONTENT_MD5", "")),
                str(environ.get("CONTENT_TYPE", "")),
                expires,
                signer.canonical_resource(urlsplit(str(environ["REQUEST_URI"]))),
            )
        )
        if not hmac.compare_digest(signer.sign_string(text), query.get("Signature", "")):
            raise SignatureError("wrong", "the signature is not that of this link")
        if not (expires.isdecimal() and self._now() <= int(expires)):
            raise SignatureError("expired", "the link has expired")
        return key_id

    def _check_time(self, claim: _Claim) -> None:
        try:
            signed = datetime.fromisoformat(claim.moment.removesuffix("Z") + "+00:00")
        except ValueError:
            raise SignatureError("wrong", "no X-Amz-Date", service=claim.service) from None
        age = self._now() - signed.timestamp()
        if not -_SKEW_SECONDS <= age <= claim.lifetime_seconds:
            raise SignatureError(
                "expired", f"signed at {claim.moment}, too long ago", service=claim.service
            )


def _claim(environ: Environ) -> _Claim:
    header = environ.get("HTTP_AUTHORIZATION")
    if header is None:
        return _query_claim(environ)
    found = _HEADER.fullmatch(str(header))
    parts = found["credential"].rsplit("/", 4) if found else []
    if found is None or len(parts) != 5:  # noqa: PLR2004  key, date, region, service, end
        raise SignatureError("wrong", "the Authorization header is no Signature Version 4")
    return _Claim(
        **_scope(parts),
        headers=found["headers"],
        signature=found["signature"],
        moment=str(environ.get("HTTP_X_AMZ_DATE", "")),
        lifetime_seconds=_SKEW_SECONDS,
        in_query=False,
    )


def _query_claim(environ: Environ) -> _Claim:
    query = dict(parse_qsl(str(environ.get("QUERY_STRING", ""))))
    if _QUERY_SIGNATURE not in query:
        raise SignatureError("missing", "the request is not signed")
    parts = query.get("X-Amz-Credential", "").rsplit("/", 4)
    lifetime = query.get("X-Amz-Expires", "")
    if len(parts) != 5 or not lifetime.isdecimal():  # noqa: PLR2004  as above
        raise SignatureError("wrong", "the query is no Signature Version 4")
    return _Claim(
        **_scope(parts),
        headers=query.get("X-Amz-SignedHeaders", ""),
        signature=query[_QUERY_SIGNATURE],
        moment=query.get("X-Amz-Date", ""),
        lifetime_seconds=min(int(lifetime), _LONGEST_SECONDS),
        in_query=True,
    )


def _scope(parts: list[str]) -> dict[str, str]:
    return dict(zip(("key_id", "date", "region", "service"), parts[:4], strict=True))


def _canonical(environ: Environ, claim: _Claim) -> str:
    lines = "".join(f"{name}:{_value(environ, name)}\n" for name in claim.headers.split(";"))
    return "\n".join(
        (
            str(environ["REQUEST_METHOD"]),
            _path(raw_path(environ), claim.service),
            "&".join(sorted(_pairs(str(environ.get("QUERY_STRING", ""))))),
            lines,
            claim.headers,
            _payload(environ, claim),  # last: reading the body changes headers
        )
    )


def _value(environ: Environ, header: str) -> str:
    name = header.upper().replace("-", "_")
    key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
    return " ".join(str(environ.get(key, "")).split())


@functools.lru_cache(maxsize=256)
def _path(path: str, service: str) -> str:
    """S3 signs a path as it is, everybody else normalised and encoded once more."""
    if service == "s3":
        return _encoded(path, safe="/-_.~")
    normal = normpath("/" + path.lstrip("/"))
    ending = "/" if path.endswith("/") and normal != "/" else ""
    return quote(normal + ending, safe="/-_.~")


def _pairs(query: str) -> Iterator[str]:
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        if name != _QUERY_SIGNATURE:
            yield f"{_encoded(name)}={_encoded(value)}"


def _encoded(text: str, *, safe: str = "-_.~") -> str:
    return quote(unquote_to_bytes(text), safe=safe)


def _payload(environ: Environ, claim: _Claim) -> str:
    if claim.in_query and claim.service == "s3":
        return _UNSIGNED
    told = environ.get("HTTP_X_AMZ_CONTENT_SHA256")
    return str(told) if told else hashlib.sha256(read_body(environ)).hexdigest()


@functools.lru_cache(maxsize=256)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _digest(canonical: str) -> str:
    """WSGI shows each byte of the request as one character."""
    return hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
