"""An endpoint that is killed and started again on the same directory."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.account import Account
from localcloud.http.keys import AccessKey

ENDPOINT = """
import sys
from pathlib import Path
from localcloud.door import Door
from localcloud.endpoint import Endpoint
endpoint = Endpoint(Door(region="eu-central-1"), data_dir=Path(sys.argv[1]))
key = endpoint.account.keys.owner
endpoint.start(invoke_lambda=None, state_machines=None)
print(endpoint.url, key.id, key.secret, flush=True)
sys.stdin.read()
endpoint.close()
"""


@contextmanager
def endpoint(folder: Path, *, kill: bool) -> Iterator[Account]:
    """An endpoint in a process of its own, which ends by SIGKILL or in good order."""
    process = subprocess.Popen(
        [sys.executable, "-c", ENDPOINT, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": ""},
    )
    assert process.stdin
    assert process.stdout
    try:
        url, key_id, secret = process.stdout.readline().split()
        yield Account(endpoint_url=url, region="eu-central-1", owner=AccessKey(key_id, secret))
    finally:
        if kill:
            process.kill()
        process.stdin.close()
        process.stdout.close()
        process.wait()


def object_state(account: Account) -> Any:
    s3, state = account.client("s3"), []
    listing = s3.list_object_versions(Bucket="bucket")
    for version in listing.get("Versions", []):
        where = {
            "Bucket": "bucket", "Key": version["Key"], "VersionId": version["VersionId"]
        }  # fmt: skip
        found = s3.get_object(**where)
        tags = s3.get_object_tagging(**where)["TagSet"]
        state.append((version, found["Body"].read(), found["Metadata"], tags))
    configuration = s3.get_bucket_notification_configuration(Bucket="bucket")
    configuration.pop("ResponseMetadata")
    return state, listing.get("DeleteMarkers"), configuration


def table_state(account: Account) -> Any:
    dynamodb = account.client("dynamodb")
    items = dynamodb.scan(TableName="items")["Items"]
    table = dynamodb.describe_table(TableName="items")["Table"]
    plain = dynamodb.scan(TableName="plain")["Items"]
    return sorted(items, key=str), table["GlobalSecondaryIndexes"], table["CreationDateTime"], plain


def create_bucket(account: Account, name: str) -> None:
    account.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )


def write_objects(account: Account) -> None:
    s3 = account.client("s3")
    create_bucket(account, "brief")
    s3.delete_bucket(Bucket="brief")
    create_bucket(account, "bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket="bucket", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    for body in (b"one", b"two", b"three"):
        s3.put_object(Bucket="bucket", Key="odd //é+%20key", Body=body, Metadata={"n": "1"})
    s3.put_object(Bucket="bucket", Key="marked", Body=b"x")
    s3.delete_object(Bucket="bucket", Key="marked")
    gone = s3.put_object(Bucket="bucket", Key="gone", Body=b"y")
    s3.delete_object(Bucket="bucket", Key="gone", VersionId=gone["VersionId"])
    s3.put_object(Bucket="bucket", Key="many", Body=b"z", Tagging="a=b")
    s3.put_object_tagging(
        Bucket="bucket", Key="many", Tagging={"TagSet": [{"Key": "c", "Value": "d"}]}
    )
    s3.put_object(Bucket="bucket", Key="batch", Body=b"z")
    s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "batch"}]})
    s3.copy_object(Bucket="bucket", Key="copy", CopySource={"Bucket": "bucket", "Key": "many"})
    upload = s3.create_multipart_upload(Bucket="bucket", Key="parts", Metadata={"m": "2"})
    where = {"Bucket": "bucket", "Key": "parts", "UploadId": upload["UploadId"]}
    part = s3.upload_part(**where, PartNumber=1, Body=b"part")
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})


def write_items(account: Account) -> None:
    dynamodb = account.client("dynamodb")
    dynamodb.create_table(
        TableName="items",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "BySort",
                "KeySchema": [{"AttributeName": "sk", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.create_table(
        TableName="plain",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(4):
        key = {"pk": {"S": "a"}, "sk": {"N": str(number)}}
        dynamodb.put_item(TableName="items", Item=key | {"v": {"S": "old"}})
        dynamodb.put_item(TableName="plain", Item={"pk": {"S": str(number)}})
    dynamodb.update_item(
        TableName="items",
        Key={"pk": {"S": "a"}, "sk": {"N": "1"}},
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"L": [{"N": "1.5"}, {"BOOL": True}]}},
    )
    dynamodb.delete_item(TableName="items", Key={"pk": {"S": "a"}, "sk": {"N": "2"}})
    dynamodb.delete_item(TableName="plain", Key={"pk": {"S": "2"}})
    dynamodb.batch_write_item(
        RequestItems={
            "items": [
                {"DeleteRequest": {"Key": {"pk": {"S": "a"}, "sk": {"N": "3"}}}},
                {"PutRequest": {"Item": {"pk": {"S": "b"}, "sk": {"N": "1"}}}},
            ]
        }
    )
    insert = "INSERT INTO plain VALUE {'pk': ?}"
    dynamodb.batch_execute_statement(
        Statements=[{"Statement": insert, "Parameters": [{"S": key}]} for key in "xyz"]
    )
    dynamodb.execute_statement(Statement="DELETE FROM \"plain\" WHERE pk = 'y'")


def test_objects_and_items_survive_a_kill_at_any_time(tmp_path: Path) -> None:
    with endpoint(tmp_path, kill=True) as first:
        write_objects(first)
        write_items(first)
        objects, tables = object_state(first), table_state(first)
    assert len(objects[0]) >= 5
    with endpoint(tmp_path, kill=True) as second:
        assert object_state(second) == objects
        assert table_state(second) == tables
        with pytest.raises(ClientError, match="BucketAlreadyOwnedByYou"):
            create_bucket(second, "bucket")
        second.client("s3").put_object(Bucket="bucket", Key="odd //é+%20key", Body=b"four")
        second.client("dynamodb").put_item(TableName="plain", Item={"pk": {"S": "new"}})
        objects, tables = object_state(second), table_state(second)
    with endpoint(tmp_path, kill=True) as third:
        assert object_state(third) == objects
        assert table_state(third) == tables


def control_state(account: Account, queue: str) -> Any:
    return (
        account.client("sns").list_subscriptions()["Subscriptions"],
        account.client("events").list_rules()["Rules"],
        account.client("scheduler").get_schedule(Name="nightly")["Target"],
        account.client("sqs").get_queue_attributes(
            QueueUrl=queue.replace(queue.split("/")[2], account.endpoint_url.split("/")[2]),
            AttributeNames=["ApproximateNumberOfMessages", "QueueArn"],
        )["Attributes"],
        account.client("apigateway").get_rest_apis()["items"],
    )


@pytest.mark.parametrize("kill", [False, True], ids=["in good order", "by a kill"])
def test_queues_topics_rules_schedules_and_apis_survive(tmp_path: Path, *, kill: bool) -> None:
    with endpoint(tmp_path, kill=kill) as first:
        sqs = first.client("sqs")
        queue = sqs.create_queue(QueueName="letters")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="kept")
        arn = "arn:aws:sqs:eu-central-1:123456789012:letters"
        topic = first.client("sns").create_topic(Name="told")["TopicArn"]
        first.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        first.client("events").put_rule(Name="r", EventPattern=json.dumps({"source": ["x"]}))
        first.client("scheduler").create_schedule(
            Name="nightly",
            ScheduleExpression="cron(0 1 * * ? *)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": "arn:aws:iam::123456789012:role/r"},
        )
        rest_api = json.dumps({"openapi": "3.0.1", "info": {"title": "a"}, "paths": {}})
        first.client("apigateway").import_rest_api(body=rest_api.encode())
        state = control_state(first, queue)
        if kill:
            wait_until_written(
                tmp_path / "control", "sqs", "sns", "events", "scheduler", "apigateway"
            )
    with endpoint(tmp_path, kill=True) as second:
        assert control_state(second, queue) == state


def wait_until_written(folder: Path, *services: str) -> None:
    """Until each service is on disk and nothing has been written for longer than writing waits."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        paths = [folder / service for service in services]
        if all(path.exists() and time.time() - path.stat().st_mtime > 0.5 for path in paths):
            return
        threading.Event().wait(0.05)
    raise AssertionError("not written")
