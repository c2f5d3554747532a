"""Objects that go straight from and into moto's buckets are answered as moto answers them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.localcloud.world import World

KEY = "a folder/ü+%.csv"
VOLATILE = {"date", "last-modified", "x-amz-version-id", "x-amzn-requestid", "content-type"}


@pytest.fixture(params=["plain", "versioned", "with a policy"])
def bucket(world: World, request: pytest.FixtureRequest) -> str:
    name = world.bucket(versioned=request.param == "versioned")
    if request.param == "with a policy":
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*Object",
            "Resource": f"arn:aws:s3:::{name}/closed/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        world.client("s3").put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return name


def answered(reply: dict[str, Any]) -> tuple[dict[str, str], bytes | None]:
    """The headers that are the same whenever the same is asked, and the body."""
    headers = reply["ResponseMetadata"]["HTTPHeaders"]
    body = reply["Body"].read() if "Body" in reply else None
    shown = {name: headers[name] for name in headers if name not in VOLATILE}
    if body is not None:
        shown["content-type"] = reply["ContentType"]
    return shown, body


@pytest.mark.parametrize(
    "put",
    [
        pytest.param({}, id="nothing more"),
        pytest.param({"Body": b""}, id="an empty object"),
        pytest.param({"ContentType": "text/csv"}, id="a type"),
        pytest.param({"Metadata": {"a": "b", "Some_Name": "x  y"}}, id="metadata"),
        pytest.param({"ChecksumAlgorithm": "SHA256"}, id="another checksum"),
        pytest.param({"Tagging": "a=b"}, id="tags"),
        pytest.param({"CacheControl": "no-cache"}, id="a header that is kept"),
    ],
)
def test_both_ways_answer_alike(world: World, bucket: str, put: dict[str, Any]) -> None:
    s3, owner = world.client("s3"), {"ExpectedBucketOwner": "123456789012"}
    request = {"Bucket": bucket, "Key": KEY, "Body": b"id,n\n1,2\n", **put}
    direct = answered(s3.put_object(**request))
    read_directly = answered(s3.get_object(Bucket=bucket, Key=KEY))
    assert answered(s3.get_object(Bucket=bucket, Key=KEY, **owner)) == read_directly
    assert answered(s3.put_object(**request, **owner)) == direct
    assert answered(s3.get_object(Bucket=bucket, Key=KEY)) == read_directly


def test_versions_are_kept_apart(world: World, bucket: str) -> None:
    s3 = world.client("s3")
    made = [s3.put_object(Bucket=bucket, Key=KEY, Body=body) for body in (b"1", b"2")]
    if "VersionId" not in made[0]:
        assert s3.get_object(Bucket=bucket, Key=KEY)["Body"].read() == b"2"
        return
    for one, body in zip(made, (b"1", b"2"), strict=True):
        found = s3.get_object(Bucket=bucket, Key=KEY, VersionId=one["VersionId"])
        assert (found["Body"].read(), found["VersionId"]) == (body, one["VersionId"])


def test_a_new_object_has_none_of_the_tags_of_the_former_one(world: World, bucket: str) -> None:
    s3, place = world.client("s3"), {"Bucket": bucket, "Key": KEY}
    s3.put_object(**place, Body=b"1", Tagging="a=b")
    s3.put_object(**place, Body=b"2")
    assert s3.get_object_tagging(**place)["TagSet"] == []


def test_what_a_policy_denies_and_what_is_not_there_is_refused(world: World, bucket: str) -> None:
    s3 = world.client("s3")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="nothing")
    if "Policy" in _policy(s3, bucket):
        with pytest.raises(s3.exceptions.ClientError, match=r"403|Forbidden"):
            s3.put_object(Bucket=bucket, Key="closed/x", Body=b"1")


def _policy(s3: Any, bucket: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = s3.get_bucket_policy(Bucket=bucket)
    except s3.exceptions.ClientError:
        return {}
    return found


def test_a_put_is_announced_once(world: World) -> None:
    bucket, url = world.bucket_with_events({"detail-type": ["Object Created"]})
    world.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"123")
    [event] = [json.loads(message["Body"]) for message in world.messages(url, 1)]
    told = event["detail"]["object"]
    assert (told["key"], told["size"]) == (KEY, 3)
    assert "version-id" in told
