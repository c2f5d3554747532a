import io
import json
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from tests.integration.localcloud.world import World


def details(world: World, url: str, count: int) -> list[dict[str, Any]]:
    events = [json.loads(message["Body"]) for message in world.messages(url, count)]
    return sorted(events, key=lambda event: str(event["detail"]["object"].get("sequencer")))


def test_a_put_is_announced_once_in_the_shape_of_aws(world: World) -> None:
    bucket, url = world.bucket_with_events({"detail-type": ["Object Created"]})
    put = world.client("s3").put_object(Bucket=bucket, Key="in/a b+ü%.csv", Body=b"id\n1\n")
    [event] = details(world, url, 1)
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
    }  # fmt: skip
    assert event["detail-type"] == "Object Created"
    assert event["region"] == "eu-central-1"
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    detail = event["detail"]
    assert detail["bucket"] == {"name": bucket}
    sequencer = detail["object"].pop("sequencer")
    assert int(sequencer, 16) > 0
    assert detail["object"] == {
        "key": "in/a b+ü%.csv",
        "size": 5,
        "etag": put["ETag"].strip('"'),
        "version-id": put["VersionId"],
    }
    assert detail["requester"] == event["account"] == "123456789012"
    assert detail["reason"] == "PutObject"
    assert len(detail["request-id"]) == 16


def test_an_event_names_the_account_that_asked(world: World) -> None:
    """A role of another account put the object there; the bucket stays whose it is."""
    bucket, url = world.bucket_with_events({"detail-type": ["Object Created"]})
    answer = world.client("sts").assume_role(
        RoleArn="arn:aws:iam::210987654321:role/Producer", RoleSessionName="nightly"
    )
    given = answer["Credentials"]
    producer: Any = boto3.client(
        "s3",
        endpoint_url=world.endpoint.url,
        region_name="eu-central-1",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        config=Config(s3={"addressing_style": "path"}),
    )
    producer.put_object(Bucket=bucket, Key="a", Body=b"1")
    [event] = details(world, url, 1)
    assert event["detail"]["requester"] == "210987654321"
    assert event["account"] == "123456789012"


def test_sequencers_grow_and_copies_uploads_and_deletions_are_announced_once(world: World) -> None:
    bucket, url = world.bucket_with_events({})
    s3 = world.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    s3.copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
    parts = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.upload_fileobj(io.BytesIO(bytes(6 << 20)), bucket, "c", Config=parts)
    marker = s3.delete_object(Bucket=bucket, Key="a")
    s3.delete_object(Bucket=bucket, Key="a", VersionId=marker["VersionId"])
    told = [
        (
            event["detail"]["reason"],
            event["detail"].get("deletion-type"),
            event["detail"]["object"]["key"],
        )
        for event in details(world, url, 5)
        if "reason" in event["detail"]
    ]
    assert told == [
        ("PutObject", None, "a"),
        ("CopyObject", None, "b"),
        ("CompleteMultipartUpload", None, "c"),
        ("DeleteObject", "Delete Marker Created", "a"),
        ("DeleteObject", "Permanently Deleted", "a"),
    ]


def test_a_rule_filters_by_key_prefix(world: World) -> None:
    pattern = {"detail": {"object": {"key": [{"prefix": "incoming/"}]}}}
    bucket, url = world.bucket_with_events(pattern)
    s3 = world.client("s3")
    s3.put_object(Bucket=bucket, Key="elsewhere/x", Body=b"")
    s3.put_object(Bucket=bucket, Key="incoming/x", Body=b"")
    [event] = details(world, url, 1)
    assert event["detail"]["object"]["key"] == "incoming/x"
