"""Batches of items, and the files that results go to."""

import json

from hypothesis import given
from hypothesis import strategies as st

from localcloud.stepfunctions.maps.batches import batches
from localcloud.stepfunctions.maps.results import (
    ChildResult,
    ResultFormat,
    listed_result,
    result_files,
    written_result,
)

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m/Map"
RUN = "arn:aws:states:us-east-1:123456789012:mapRun:m/Map:1"


def child(status, name="c", **members):
    dates = {} if status == "PENDING" else {"start_date": 0.5, "stop_date": 1.0}
    return ChildResult(
        name=name, status=status, input="1", state_machine_arn=MACHINE, **dates, **members
    )


def files_of(children, **result_format):
    files = result_files(
        children, ResultFormat(**result_format), bucket="b", prefix="p/1", map_run_arn=RUN
    )
    return {file.key: file.body.decode() for file in files}


def test_batches_by_count():
    assert list(batches([1, 2, 3], 2, None)) == [{"Items": [1, 2]}, {"Items": [3]}]
    assert list(batches([], 2, None)) == []
    assert list(batches([1, 2, 3], 0, 0)) == [{"Items": [1, 2, 3]}]
    assert list(batches([1], 2, None, {"k": 0})) == [{"BatchInput": {"k": 0}, "Items": [1]}]


def test_batches_by_bytes():
    assert list(batches(["aa", "bb", "cc"], None, 21)) == [
        {"Items": ["aa", "bb"]},
        {"Items": ["cc"]},
    ]
    assert list(batches(["x" * 99, "y"], None, 20)) == [{"Items": ["x" * 99]}, {"Items": ["y"]}]


@given(
    st.lists(st.text(max_size=10) | st.integers()),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(20, 80),
)
def test_batches_hold_every_item_once_and_keep_their_limits(items, most, size):
    found = list(batches(items, most, size, {"k": "v"}))
    assert [item for batch in found for item in batch["Items"]] == items
    for batch in found:
        text = json.dumps(batch, separators=(",", ":"), ensure_ascii=False)
        assert len(batch["Items"]) == 1 or len(text.encode()) <= (size or 10**9)
        assert len(batch["Items"]) <= (most or 10**9)


def test_result_files_and_their_manifest():
    children = [
        child("SUCCEEDED", arn="arn:1", output='{"a":1}'),
        child("FAILED", arn="arn:2", error="E", cause="C", name="f"),
        child("TIMED_OUT", arn="arn:3", name="t"),
        child("PENDING", name="p"),
    ]
    files = files_of(children)
    assert list(files) == [
        "p/1/FAILED_0.json",
        "p/1/PENDING_0.json",
        "p/1/SUCCEEDED_0.json",
        "p/1/manifest.json",
    ]
    (succeeded,) = json.loads(files["p/1/SUCCEEDED_0.json"])
    assert succeeded == {
        "ExecutionArn": "arn:1",
        "Input": "1",
        "InputDetails": {"Included": True},
        "Name": "c",
        "Output": '{"a":1}',
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": "1970-01-01T00:00:00.500Z",
        "StateMachineArn": MACHINE,
        "Status": "SUCCEEDED",
        "StopDate": "1970-01-01T00:00:01.000Z",
    }
    failed, timed_out = json.loads(files["p/1/FAILED_0.json"])
    assert (failed["Error"], failed["Cause"], failed["RedriveStatus"]) == ("E", "C", "REDRIVABLE")
    assert timed_out["Status"] == "TIMED_OUT"
    (pending,) = json.loads(files["p/1/PENDING_0.json"])
    assert "ExecutionArn" not in pending
    manifest = json.loads(files["p/1/manifest.json"])
    assert manifest["DestinationBucket"] == "b"
    assert manifest["MapRunArn"] == RUN
    sizes = {
        entry["Key"]: entry["Size"] for kind in manifest["ResultFiles"].values() for entry in kind
    }
    assert sizes == {key: len(body) for key, body in files.items() if "manifest" not in key}


def test_transformations():
    children = [child("SUCCEEDED", output="[1,2]"), child("SUCCEEDED", output="3")]
    assert files_of(children, transformation="COMPACT")["p/1/SUCCEEDED_0.json"] == "[[1,2],3]"
    assert files_of(children, transformation="FLATTEN")["p/1/SUCCEEDED_0.json"] == "[1,2,3]"
    lines = files_of(children, transformation="COMPACT", output_type="JSONL")
    assert lines["p/1/SUCCEEDED_0.jsonl"] == "[1,2]\n3\n"
    failed = files_of([child("FAILED", error="E")], transformation="FLATTEN")
    assert json.loads(failed["p/1/FAILED_0.json"])[0]["Error"] == "E"


def test_the_result_of_the_map():
    assert written_result(bucket="b", prefix="p/1", map_run_arn=RUN) == {
        "MapRunArn": RUN,
        "ResultWriterDetails": {"Bucket": "b", "Key": "p/1/manifest.json"},
    }
    children = [child("SUCCEEDED", output="[1]"), child("SUCCEEDED", output="[2]")]
    assert listed_result(children, ResultFormat(transformation="FLATTEN")) == [1, 2]
    assert listed_result(children, ResultFormat())[0]["Output"] == "[1]"
