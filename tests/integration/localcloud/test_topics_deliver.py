"""What one subscriber of a topic suffers is not the publisher's business, nor the others'."""

import json
import logging
import socket
import threading
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from localcloud.corrections import sns_deliveries
from tests.integration.localcloud.world import WAIT_SECONDS, World


class Told(logging.Handler):
    """Waits for a number of warnings, which other threads may write."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.messages: list[str] = []
        self._missing = threading.Semaphore(0)
        self._count = count

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())
        self._missing.release()

    def wait(self) -> list[str]:
        for _ in range(self._count):
            assert self._missing.acquire(timeout=WAIT_SECONDS), self.messages
        return self.messages


@pytest.fixture
def told() -> Iterator[Told]:
    handler = Told(3)
    sns_deliveries.log.addHandler(handler)
    yield handler
    sns_deliveries.log.removeHandler(handler)


def refusing_address() -> str:
    """The address of a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/hook?token=hidden"


def test_dead_subscribers_are_logged_and_the_others_get_the_message(
    world: World, told: Told
) -> None:
    sns = world.client("sns")
    topic = sns.create_topic(Name=world.name("topic"))["TopicArn"]
    gone_url, gone = world.queue()
    living_url, living = world.queue()
    no_function = f"arn:aws:lambda:eu-central-1:123456789012:function:{world.name('gone')}"
    dead = [("http", refusing_address()), ("sqs", gone), ("lambda", no_function)]
    arns = [
        sns.subscribe(
            TopicArn=topic, Protocol=protocol, Endpoint=endpoint, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        for protocol, endpoint in [*dead, ("sqs", living)]
    ]
    world.client("sqs").delete_queue(QueueUrl=gone_url)

    published = sns.publish(TopicArn=topic, Message="hello")
    (message,) = world.messages(living_url, 1)
    assert json.loads(message["Body"])["MessageId"] == published["MessageId"]
    messages = told.wait()
    assert {arn for arn in arns for text in messages if arn in text} == set(arns[:3])
    assert "hidden" not in " ".join(messages)
    assert "hello" not in " ".join(messages)


def test_a_silent_endpoint_is_not_waited_for(world: World) -> None:
    sns = world.client("sns")
    topic = sns.create_topic(Name=world.name("topic"))["TopicArn"]
    url, arn = world.queue()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        sns.publish(TopicArn=topic, Message="hello")
        assert len(world.messages(url, 1)) == 1


@pytest.mark.parametrize("protocol", ["sqs", "http"])
def test_a_message_that_is_none_is_refused_whoever_subscribes(world: World, protocol: str) -> None:
    sns = world.client("sns")
    topic = sns.create_topic(Name=world.name("topic"))["TopicArn"]
    endpoint = world.queue()[1] if protocol == "sqs" else refusing_address()
    sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    with pytest.raises(ClientError, match="InvalidParameter"):
        sns.publish(TopicArn=topic, Message="no JSON", MessageStructure="json")
