"""Functions tell X-Ray what they call and for which run; the local cloud keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from localcloud.lambdas.tracing import Trace
from localcloud.xray import XRay
from stores import traces
from tests.support.cloud import eventually
from tests.support.lambda_function import FUNCTION

RUN = {"run_id": "r1", "dataset": "people", "execution_arn": "arn"}


@pytest.fixture
def xray(monkeypatch: pytest.MonkeyPatch) -> Iterator[XRay]:
    service = XRay()
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", service.daemon_address)
    yield service
    service.close()


def begun(xray: XRay, monkeypatch: pytest.MonkeyPatch, *, traced: bool = True) -> Trace:
    trace = Trace.of(replace(FUNCTION, traced=traced))
    xray.store.expect(trace.id)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace.header)
    return trace


def subsegments(xray: XRay, trace: Trace, count: int) -> list[dict[str, Any]]:
    xray.store.put(trace.segment(request_id="q", failed=False))

    def heard() -> list[dict[str, Any]] | None:
        [kept] = xray.store.find([trace.id])
        [segment] = kept.segments()
        inner: list[dict[str, Any]] = segment.get("subsegments", [])
        return inner if len(inner) == count else None

    return eventually(heard, what="the subsegments")


def test_calls_and_their_run_are_told(xray: XRay, monkeypatch: pytest.MonkeyPatch) -> None:
    @traces.told
    def handler(event: Mapping[str, Any], context: object) -> str:
        s3 = traces.watched(boto3.client("s3", region_name="us-east-1"))
        s3.create_bucket(Bucket="work")
        s3.put_object(Bucket="work", Key="people/mary.csv", Body=b"mary")
        with pytest.raises(ClientError):
            s3.get_object(Bucket="work", Key="people/nobody.csv")
        return "done"

    with mock_aws():
        trace = begun(xray, monkeypatch)
        assert handler({"run": RUN, "status": "LOADED"}, None) == "done"
    made, put, missed, run = subsegments(xray, trace, 4)
    assert {each["name"] for each in (made, put, missed)} == {"S3"}
    assert put["aws"]["operation"] == "PutObject"
    assert put["aws"]["bucket_name"] == "work"
    assert (put["http"]["response"]["status"], "error" in put) == (200, False)
    assert missed["error"]
    assert run["annotations"] == {"run_id": "r1", "dataset": "people", "status": "LOADED"}
    assert "mary" not in json.dumps([made, put, missed, run])


def test_a_handler_that_raises_is_a_fault(xray: XRay, monkeypatch: pytest.MonkeyPatch) -> None:
    @traces.told
    def handler(event: Mapping[str, Any], context: object) -> None:
        raise ValueError("a row's value")

    trace = begun(xray, monkeypatch)
    with pytest.raises(ValueError, match="value"):
        handler({"run": RUN}, None)
    [run] = subsegments(xray, trace, 1)
    assert run["fault"]
    assert "value" not in json.dumps(run)


def test_nothing_is_told_of_what_is_not_kept(xray: XRay, monkeypatch: pytest.MonkeyPatch) -> None:
    @traces.told
    def handler(event: Mapping[str, Any], context: object) -> None:
        pass

    trace = begun(xray, monkeypatch, traced=False)
    handler({"run": RUN}, None)
    kept = begun(xray, monkeypatch)
    handler({"run": RUN}, None)
    assert subsegments(xray, kept, 1)
    assert xray.store.find([trace.id]) == []
