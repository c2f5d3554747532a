"""What botocore signs is accepted; what was changed afterwards, or made up, is not."""

import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from localcloud.http.keys import AccessKey, Keys
from localcloud.http.signatures import SignatureError, Signatures

HOST = "127.0.0.1:4566"
KEYS = Keys(account="123456789012", owner=AccessKey("LKIAOWNER", "the secret"))
OWNER = Credentials("LKIAOWNER", "the secret")
FUNCTION = Credentials(KEYS.of_function("load").id, KEYS.of_function("load").secret)

Auth = Callable[[Credentials, str, str], Any]


def sign(
    auth: Auth = SigV4Auth,
    *,
    credentials: Credentials = OWNER,
    method: str = "POST",
    path: str = "/",
    body: bytes = b"",
    service: str = "dynamodb",
    headers: Mapping[str, str] = {},
) -> dict[str, Any]:
    """The environ of a request that botocore signed."""
    request = AWSRequest(method, f"http://{HOST}{path}", {"Host": HOST, **headers}, body)
    auth(credentials, service, "eu-central-1").add_auth(request)
    return environ_of(method, str(request.url), dict(request.headers), body)


def environ_of(method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    parts = urlsplit(url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": url.removeprefix(f"http://{HOST}"),
        "QUERY_STRING": parts.query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def key_id(environ: dict[str, Any], *, later_seconds: float = 0) -> str:
    moment = datetime.now(UTC).timestamp() + later_seconds
    return Signatures(KEYS.secret_of, now=lambda: moment).key_id(environ)


def flaw(environ: dict[str, Any], *, later_seconds: float = 0) -> str:
    with pytest.raises(SignatureError) as refused:
        key_id(environ, later_seconds=later_seconds)
    return refused.value.flaw


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param(sign(body=b'{"TableName": "t"}'), id="a body"),
        pytest.param(sign(headers={"X-Amz-Target": "T.Op", "Content-Type": "a/b"}), id="headers"),
        pytest.param(sign(headers={"X-Amz-Meta-A": "  two   words "}), id="blanks in a header"),
        pytest.param(sign(S3SigV4Auth, service="s3", path="/b/a%20%C3%BC//x/"), id="a key of S3"),
        pytest.param(sign(S3SigV4Auth, service="s3", path="/b?versions&prefix=a%2Fb"), id="query"),
        pytest.param(sign(path="/functions/arn%3Aaws%3Alambda/x", service="lambda"), id="a path"),
        pytest.param(sign(SigV4QueryAuth, method="GET", service="sts", path="/?a=b"), id="a link"),
        pytest.param(
            sign(S3SigV4QueryAuth, method="GET", service="s3", path="/b/k"), id="a link to S3"
        ),
    ],
)
def test_what_the_owner_signs_is_accepted(environ: dict[str, Any]) -> None:
    assert key_id(environ) == "LKIAOWNER"


def test_a_function_signs_with_a_key_of_its_own() -> None:
    assert key_id(sign(credentials=FUNCTION)) == "function.load"
    stolen = Credentials("function.load", "the secret")
    assert flaw(sign(credentials=stolen)) == "wrong"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param({"HTTP_AUTHORIZATION": None}, "missing", id="not signed"),
        pytest.param({"HTTP_AUTHORIZATION": "Bearer x"}, "wrong", id="signed otherwise"),
        pytest.param({"REQUEST_METHOD": "DELETE"}, "wrong", id="another method"),
        pytest.param({"REQUEST_URI": "/other"}, "wrong", id="another path"),
        pytest.param({"QUERY_STRING": "a=2"}, "wrong", id="another query"),
        pytest.param({"HTTP_X_AMZ_TARGET": "T.Other"}, "wrong", id="another operation"),
        pytest.param({"wsgi.input": io.BytesIO(b"abd")}, "wrong", id="another body"),
        pytest.param({"HTTP_X_AMZ_DATE": ""}, "wrong", id="no time"),
    ],
)
def test_what_was_changed_afterwards_is_refused(change: dict[str, Any], found: str) -> None:
    environ = sign(path="/p?a=1", body=b"abc", headers={"X-Amz-Target": "T.Op"}) | change
    if environ["HTTP_AUTHORIZATION"] is None:
        del environ["HTTP_AUTHORIZATION"]
    assert flaw(environ) == found


def test_a_key_that_was_made_up_is_refused() -> None:
    assert flaw(sign(credentials=Credentials("local", "local"))) == "unknown key"
    assert flaw(sign(credentials=Credentials("LKIAOWNER", "local"))) == "wrong"


def test_a_signature_ends_with_its_time() -> None:
    assert flaw(sign(), later_seconds=16 * 60) == "expired"
    assert flaw(sign(), later_seconds=-16 * 60) == "expired"
    link = sign(S3SigV4QueryAuth, method="GET", service="s3", path="/b/k")
    assert key_id(link, later_seconds=3_590) == "LKIAOWNER"
    assert flaw(link, later_seconds=3_610) == "expired"


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_links_that_were_signed_in_the_way_before_version_4_hold_as_well(method: str) -> None:
    request = AWSRequest(method, f"http://{HOST}/b/a%20b?versionId=1", {})
    HmacV1QueryAuth(OWNER, expires=60).add_auth(request)
    link = environ_of(method, str(request.url), {}, b"")
    assert key_id(link) == "LKIAOWNER"
    assert flaw(link, later_seconds=61) == "expired"
    assert flaw(link | {"REQUEST_URI": link["REQUEST_URI"].replace("/b/", "/c/")}) == "wrong"
    query = link["QUERY_STRING"].replace("LKIAOWNER", "LKIAOTHER")
    assert flaw(link | {"QUERY_STRING": query}) == "unknown key"


@given(st.text(max_size=300) | st.from_regex(r"AWS4-HMAC-SHA256 Credential=.*", fullmatch=True))
def test_no_header_is_a_crash(header: str) -> None:
    flaw(environ_of("GET", f"http://{HOST}/", {"Authorization": header}, b""))
