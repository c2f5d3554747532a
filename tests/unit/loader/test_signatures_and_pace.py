from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from pipeline.gate.sigv4 import Credentials, Signer
from stores.pace import LONGEST_WAIT_SECONDS, Pace, wait_seconds

TARGET = "DynamoDB_20120810.PutItem"
KIND = "application/x-amz-json-1.0"


class SignsThen(SigV4Auth):
    """botocore's signer at a given moment."""

    def sign_at(self, request: AWSRequest, moment: str) -> str:
        request.context["timestamp"] = moment
        request.headers["X-Amz-Date"] = moment
        if self.credentials.token:
            request.headers["X-Amz-Security-Token"] = self.credentials.token
        canonical = self.canonical_request(request)
        return str(self.signature(self.string_to_sign(request, canonical), request))


@given(
    body=st.dictionaries(st.text(), st.text()),
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40),
    token=st.sampled_from(["", "a/session+token=="]),
    seconds=st.integers(0, 10**9),
)
def test_signatures_are_those_of_the_sdk(
    body: dict[str, str], secret: str, token: str, seconds: int
) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    host, content = "dynamodb.eu-central-1.amazonaws.com", json.dumps(body).encode()
    signer = Signer(host, "eu-central-1", "dynamodb")
    headers = signer.headers(Credentials("AKID", secret, token), content, TARGET, KIND, at)
    request = AWSRequest("POST", f"https://{host}/", data=content)
    request.headers = HTTPHeaders()
    request.headers["Content-Type"] = KIND
    request.headers["X-Amz-Target"] = TARGET
    botocore = SignsThen(BotoCredentials("AKID", secret, token), "dynamodb", "eu-central-1")
    signature = botocore.sign_at(request, at.strftime("%Y%m%dT%H%M%SZ"))
    assert headers["authorization"].endswith(f"Signature={signature}")


def test_secrets_do_not_show() -> None:
    assert "SECRET" not in repr(Credentials("AKID", "SECRET", "SECRET too"))


def test_never_more_requests_under_way_than_the_width_allows() -> None:
    pace, most, now, lock = Pace(4), 0, 0, threading.Lock()
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        nonlocal most, now
        with pace.turn():
            with lock:
                now += 1
                most = max(most, now)
            if number < 4:
                barrier.wait(5)  # the first four meet inside
            with lock:
                now -= 1

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(64)))
    assert most == 4


def test_throttling_halves_the_width_and_success_widens_it() -> None:
    pace = Pace(16)
    widths = []
    for _ in range(6):
        pace.throttled()
        widths.append(pace.width)
    assert widths == [8, 4, 2, 1, 1, 1]
    for _ in range(200):
        pace.succeeded()
    assert pace.width == 16


@given(st.integers(0, 2_000))
def test_waits_are_bounded(attempt: int) -> None:
    attempt = min(attempt, 1_000)
    assert 0 <= wait_seconds(attempt) <= LONGEST_WAIT_SECONDS


def test_one_request_is_always_possible() -> None:
    pace: Any = Pace(1)
    for _ in range(3):
        pace.throttled()
        with pace.turn():
            assert pace.width == 1


@pytest.mark.parametrize("attempt", [0, 1, 2])
def test_waits_grow(attempt: int) -> None:
    longest = max(wait_seconds(attempt) for _ in range(200))
    assert longest <= 0.025 * 2**attempt
