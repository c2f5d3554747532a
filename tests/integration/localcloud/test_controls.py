"""The controls: messages can be looked at, and what the cloud holds can be emptied."""

import json
import urllib.error

import pytest

from tests.integration.localcloud.world import World
from tests.support.signing import control


def test_looking_at_messages_takes_none(world: World) -> None:
    url, arn = world.queue()
    topic = world.client("sns").create_topic(Name=world.name("topic"))["TopicArn"]
    world.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    world.client("sns").publish(TopicArn=topic, Subject="hi", Message="there")
    for _ in range(2):
        found = control(world.environment, "messages")
        [sent] = found["topics"][topic.rpartition(":")[2]]
        assert (sent["subject"], sent["message"]) == ("hi", "there")
        [queued] = found["queues"][url.rpartition("/")[2]]
        assert json.loads(queued["body"])["Message"] == "there"
        assert (queued["receives"], queued["visible"]) == (0, True)
    world.messages(url, 1)
    assert control(world.environment, "messages")["queues"][url.rpartition("/")[2]] == []


def test_what_is_there_stays_and_what_it_holds_goes(world: World) -> None:
    bucket, _ = world.bucket_with_events({})
    s3, dynamodb, logs = world.client("s3"), world.client("dynamodb"), world.client("logs")
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="k", Body=body)
    s3.delete_object(Bucket=bucket, Key="k")
    s3.put_object(Bucket=bucket, Key="a key that XML cannot hold: \x01", Body=b"3")
    table = world.name("table")
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    for number in range(30):
        dynamodb.put_item(TableName=table, Item={"id": {"S": str(number)}})
    logs.create_log_group(logGroupName=table)
    logs.create_log_stream(logGroupName=table, logStreamName="s")

    assert control(world.environment, "reset", {"service": "s3"})["reset"]["s3"] >= 4
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)
    assert dynamodb.scan(TableName=table)["Count"] == 30
    for service in ("dynamodb", "logs", "sqs"):
        control(world.environment, "reset", {"service": service})
    assert dynamodb.scan(TableName=table)["Count"] == 0
    assert logs.describe_log_streams(logGroupName=table)["logStreams"] == []


@pytest.mark.parametrize(
    ("path", "document", "told"),
    [
        pytest.param("reset", {"service": "iam"}, "'iam' cannot be reset", id="another service"),
        pytest.param("clock", {}, "'advance_seconds' is missing", id="a member is missing"),
        pytest.param("clock", {"advance_seconds": -1}, "POST clock", id="back in time"),
    ],
)
def test_a_document_that_is_wrong_is_told(
    world: World, path: str, document: dict[str, object], told: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        control(world.environment, path, document)
    assert refused.value.code == 400
    assert told in json.load(refused.value)["message"]
