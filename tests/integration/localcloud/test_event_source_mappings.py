"""Mappings of queues through Lambda's API, with a function that only listens."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.localcloud.world import WAIT_SECONDS, World


def function(world: World, *, timeout: int = 3) -> str:
    """A function that exists; its invocations go to the world's compute."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "")
    trust = {
        "Statement": [
            {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]
    }
    role = world.client("iam").create_role(
        RoleName=world.name("role"), AssumeRolePolicyDocument=json.dumps(trust)
    )
    made = world.client("lambda").create_function(
        FunctionName=world.name("f"),
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": package.getvalue()},
        Timeout=timeout,
    )
    return str(made["FunctionName"])


@pytest.fixture
def mapped(world: World) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """URL and ARN of a queue, and its mapping to a function."""
    url, arn = world.queue()
    functions = world.client("lambda")
    mapping = functions.create_event_source_mapping(
        EventSourceArn=arn,
        FunctionName=function(world),
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
    )
    yield url, arn, mapping
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    world.compute.answer = lambda _arn, _event: {}


def records(world: World) -> list[dict[str, Any]]:
    _, event = world.compute.invocations.get(timeout=WAIT_SECONDS)
    found: list[dict[str, Any]] = event["Records"]
    return found


def refused(call: Any, **named: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**named)
    return str(caught.value)


def test_a_message_reaches_the_function_as_aws_words_it(
    world: World, mapped: tuple[str, str, dict[str, Any]]
) -> None:
    url, arn, _ = mapped
    attribute = {"DataType": "String", "StringValue": "red"}
    world.client("sqs").send_message(
        QueueUrl=url, MessageBody="hello", MessageAttributes={"colour": attribute}
    )
    [record] = records(world)
    assert record["body"] == "hello"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"]["colour"] == {"dataType": "String", "stringValue": "red"}
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", arn)


def test_a_message_that_keeps_failing_ends_in_the_dead_letter_queue(
    world: World, mapped: tuple[str, str, dict[str, Any]]
) -> None:
    url, _, _ = mapped
    dead_url, dead_arn = world.queue()
    policy = f'{{"deadLetterTargetArn": "{dead_arn}", "maxReceiveCount": 2}}'
    sqs = world.client("sqs")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    world.compute.answer = lambda _arn, event: {
        "batchItemFailures": [
            {"itemIdentifier": record["messageId"]}
            for record in event["Records"]
            if record["body"] == "poison"
        ]
    }
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    for count in ("1", "2"):
        [record] = records(world)
        assert record["attributes"]["ApproximateReceiveCount"] == count
        world.endpoint.clock.advance(31)
    [letter] = world.messages(dead_url, 1)
    assert letter["Body"] == "poison"


def test_a_mapping_is_listed_changed_and_refused_as_by_lambda(
    world: World, mapped: tuple[str, str, dict[str, Any]]
) -> None:
    _, arn, mapping = mapped
    functions, name = world.client("lambda"), mapping["FunctionArn"].rpartition(":")[2]
    assert "already exists" in refused(
        functions.create_event_source_mapping, EventSourceArn=arn, FunctionName=name
    )
    slow = function(world, timeout=60)
    assert "visibility timeout" in refused(
        functions.create_event_source_mapping, EventSourceArn=arn, FunctionName=slow
    )
    assert "greater than 0" in refused(
        functions.update_event_source_mapping, UUID=mapping["UUID"], BatchSize=50
    )
    functions.update_event_source_mapping(
        UUID=mapping["UUID"], BatchSize=50, MaximumBatchingWindowInSeconds=1
    )
    listed = functions.list_event_source_mappings(EventSourceArn=arn, FunctionName=name)
    [shown] = listed["EventSourceMappings"]
    assert (shown["BatchSize"], shown["MaximumBatchingWindowInSeconds"]) == (50, 1)
    assert shown["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_queue_that_many_use_at_once_loses_no_message(world: World) -> None:
    url, _ = world.queue()
    sqs = world.client("sqs")

    def put_and_take(number: int) -> set[str]:
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
        got = sqs.receive_message(QueueUrl=url).get("Messages", [])
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return {message["Body"] for message in got}

    with ThreadPoolExecutor(8) as threads:
        seen = set().union(*threads.map(put_and_take, range(100)))
    left = 100 - len(seen)
    seen |= {message["Body"] for message in world.messages(url, left)} if left else set()
    assert seen == {str(number) for number in range(100)}
