"""Real clients against the endpoint: SDK and aws CLI, odd keys, odd headers."""

import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.integration.localcloud.world import World


@pytest.mark.parametrize(
    "key", ["a b/ü//x.csv", "50%25/+&=?#", "'quoted\"", "trailing/", "a\x01\x1f\r\nb"]
)
def test_keys_arrive_as_they_were_sent(world: World, key: str) -> None:
    s3, name = world.client("s3"), world.bucket()
    s3.put_object(Bucket=name, Key=key, Body=b"1", Metadata={"under_score": "1", "da-sh": "2"})
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=name)["Contents"]] == [key]
    assert [found["Key"] for found in s3.list_object_versions(Bucket=name)["Versions"]] == [key]
    found = s3.get_object(Bucket=name, Key=key)
    assert found["Metadata"] == {"under_score": "1", "da-sh": "2"}
    assert s3.head_object(Bucket=name, Key=key)["ContentLength"] == 1
    url = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": key})
    with urllib.request.urlopen(url) as response:
        assert response.read() == b"1"


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        pytest.param("jr_1", ["1"], id="the streams that begin so"),
        pytest.param("jr_2", [], id="of no stream nothing"),
        pytest.param("", ["1", "3"], id="without a prefix all"),
    ],
)
def test_logs_are_found_by_the_beginning_of_their_streams(
    world: World, prefix: str, found: list[str]
) -> None:
    logs, group = world.client("logs"), world.name("group")
    logs.create_log_group(logGroupName=group)
    now = int(time.time() * 1000)
    for text in ("1", "3"):
        logs.create_log_stream(logGroupName=group, logStreamName=f"jr_{text}")
        events = [{"timestamp": now, "message": text}]
        logs.put_log_events(logGroupName=group, logStreamName=f"jr_{text}", logEvents=events)
    asked = {"logStreamNamePrefix": prefix} if prefix else {}
    [page] = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **asked)
    assert [event["message"] for event in page["events"]] == found


def test_metadata_is_limited_as_on_aws(world: World) -> None:
    s3, name = world.client("s3"), world.bucket()
    s3.put_object(Bucket=name, Key="a", Body=b"1", Metadata={"k": "v" * 2_047})
    refused = [
        lambda more: s3.put_object(Bucket=name, Key="b", **more),
        lambda more: s3.create_multipart_upload(Bucket=name, Key="b", **more),
        lambda more: s3.copy_object(
            Bucket=name, Key="b", CopySource={"Bucket": name, "Key": "a"},
            MetadataDirective="REPLACE", **more,
        ),
    ]  # fmt: skip
    for write in refused:
        with pytest.raises(ClientError, match="MetadataTooLarge"):
            write({"Metadata": {"k": "v" * 2_000, "l": "v" * 47}})


def test_versions_are_listed_by_pages_whatever_the_keys(world: World) -> None:
    s3, name = world.client("s3"), world.bucket()
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    keys = ["in/a\x02", "in/b c", "in/d/\x03/e", "in/é"]
    for key in keys:
        s3.put_object(Bucket=name, Key=key, Body=b"1")
    s3.delete_object(Bucket=name, Key="in/é")
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=name, Prefix="in/", PaginationConfig={"PageSize": 1}
    )
    found = [(kind, entry["Key"]) for page in pages for kind in ("Versions", "DeleteMarkers")
             for entry in page.get(kind, [])]  # fmt: skip
    assert sorted(found) == [("DeleteMarkers", "in/é"), *(("Versions", key) for key in keys)]
    folders = s3.list_object_versions(Bucket=name, Prefix="in/d/", Delimiter="/")["CommonPrefixes"]
    assert folders == [{"Prefix": "in/d/\x03/"}]


def test_an_error_is_that_of_the_service(world: World) -> None:
    with pytest.raises(ClientError) as failure:
        world.client("s3").get_object(Bucket=world.name("none"), Key="k")
    assert failure.value.response["Error"]["Code"] == "NoSuchBucket"


def test_conditions_on_a_put_and_on_a_copy_are_kept(world: World) -> None:
    s3, name = world.client("s3"), world.bucket()
    etag = s3.put_object(Bucket=name, Key="a", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=name, Key="a", Body=b"2", IfNoneMatch="*")
    source = {"Bucket": name, "Key": "a"}
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.copy_object(Bucket=name, Key="b", CopySource=source, CopySourceIfMatch='"0123"')
    s3.copy_object(Bucket=name, Key="b", CopySource=source, CopySourceIfMatch=etag)


def test_a_policy_that_demands_tls_does_not_lock_the_bucket(world: World) -> None:
    s3, name = world.client("s3"), world.bucket()
    s3.put_bucket_policy(
        Bucket=name,
        Policy="""{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
        "Action": "s3:*", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}""",
    )
    s3.put_object(Bucket=name, Key="a", Body=b"1")
    assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b"1"


def test_an_unconditional_deny_is_kept(world: World) -> None:
    s3, name = world.client("s3"), world.bucket()
    s3.put_object(Bucket=name, Key="a", Body=b"1")
    s3.put_bucket_policy(
        Bucket=name,
        Policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",'
        f'"Action": "s3:GetObject", "Resource": "arn:aws:s3:::{name}/*"}}]}}',
    )
    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden"):
        s3.get_object(Bucket=name, Key="a")


def test_callers_are_named_by_their_access_key(world: World) -> None:
    identity = world.client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/local"


@pytest.mark.skipif(shutil.which("aws") is None, reason="needs the aws CLI")
def test_the_aws_cli_works(world: World, tmp_path: Path) -> None:
    name, source = world.bucket(), tmp_path / "a.csv"
    source.write_text("id\n1\n")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        **world.endpoint.account.environment,
    }

    def aws(*arguments: str) -> str:
        done = subprocess.run(
            ["aws", *arguments], env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    aws("s3", "cp", str(source), f"s3://{name}/in/a.csv")
    assert "in/a.csv" in aws("s3", "ls", f"s3://{name}", "--recursive")
    assert aws("s3", "cp", f"s3://{name}/in/a.csv", "-") == "id\n1\n"
    assert "123456789012" in aws("sts", "get-caller-identity")


@pytest.mark.parametrize("size", [10, 20 << 20], ids=["in memory", "on disk"])
@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        pytest.param("bytes=0-3", 0, 4, id="the first bytes"),
        pytest.param("bytes=5-", 5, None, id="from there on"),
        pytest.param("bytes=-3", -3, None, id="the last bytes"),
        pytest.param("bytes=2-999999999", 2, None, id="beyond the end"),
        pytest.param("bytes=7-3", 0, None, id="upside down: everything"),
        pytest.param("bytes=0-1,4-5", 0, None, id="several: everything"),
    ],
)
def test_a_range_is_the_slice_of_the_object(
    world: World, size: int, asked: str, start: int, stop: int | None
) -> None:
    s3, name = world.client("s3"), world.bucket()
    body = bytes(range(251)) * (size // 251 + 1)
    s3.put_object(Bucket=name, Key="k", Body=body)
    assert s3.get_object(Bucket=name, Key="k", Range=asked)["Body"].read() == body[start:stop]
    assert s3.get_object(Bucket=name, Key="k")["ContentLength"] == len(body)
    with pytest.raises(ClientError, match="InvalidRange"):
        s3.get_object(Bucket=name, Key="k", Range=f"bytes={len(body)}-")
