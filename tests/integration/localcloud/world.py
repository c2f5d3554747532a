"""An endpoint under test, with functions and state machines that only listen."""

import functools
import json
import queue
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from localcloud.account import Account
from localcloud.endpoint import Endpoint
from localcloud.http.keys import AccessKey
from localcloud.http.wsgi import Environ, StartResponse, read_body, respond_json

WAIT_SECONDS = 20


@dataclass(frozen=True)
class Reply:
    payload: bytes
    function_error: str | None = None
    executed_version: str = "$LATEST"


@dataclass
class FakeCompute:
    """Notes what it is asked to do and answers as told."""

    invocations: "queue.Queue[tuple[str, Any]]" = field(default_factory=queue.Queue)
    executions: "queue.Queue[dict[str, Any]]" = field(default_factory=queue.Queue)
    answer: Callable[[str, Any], Any] = lambda arn, event: {}
    error: str | None = None

    def invoke(self, arn: str, payload: bytes) -> Reply:
        event = json.loads(payload)
        self.invocations.put((arn, event))
        return Reply(json.dumps(self.answer(arn, event)).encode(), self.error)

    def wsgi(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = json.loads(read_body(environ))
        self.executions.put(request)
        answer = {"executionArn": "arn:aws:states:::execution:m:n", "startDate": 0}
        return respond_json(start_response, HTTPStatus.OK, answer)


@functools.cache
def _outside(endpoint_url: str, region: str, owner: AccessKey) -> Account:
    return Account(endpoint_url=endpoint_url, region=region, owner=owner)


@dataclass
class World:
    endpoint: Endpoint
    compute: FakeCompute

    @property
    def environment(self) -> dict[str, str]:
        """The variables that are exported."""
        return self.endpoint.account.environment

    def client(self, service: str) -> Any:
        """A client as everybody else has one: its requests go over the wire."""
        own = self.endpoint.account
        return _outside(own.endpoint_url, own.region, own.keys.owner).client(service)

    def name(self, prefix: str) -> str:
        return f"{prefix}-{uuid.uuid4().hex[:10]}"

    def queue(self) -> tuple[str, str]:
        """URL and ARN of a new queue."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=self.name("q"))["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, attributes["Attributes"]["QueueArn"]

    def messages(self, url: str, count: int, *, attributes: bool = False) -> list[dict[str, Any]]:
        """The next messages of a queue; fails unless they come in time."""
        found: list[dict[str, Any]] = []
        sqs = self.client("sqs")
        for _ in range(WAIT_SECONDS):
            reply = sqs.receive_message(
                QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
            )  # fmt: skip
            for message in reply.get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(message)
            if len(found) >= count:
                return found
        raise AssertionError(f"{len(found)} of {count} messages came")

    def bucket(self, *, versioned: bool = False) -> str:
        """A new bucket."""
        s3, name = self.client("s3"), self.name("bucket")
        where = {"LocationConstraint": self.endpoint.account.region}
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
        if versioned:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def bucket_with_events(self, pattern: dict[str, Any]) -> tuple[str, str]:
        """A versioned bucket and the queue that gets its events."""
        bucket = self.bucket(versioned=True)
        s3, events = self.client("s3"), self.client("events")
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        url, arn = self.queue()
        rule = self.name("rule")
        full = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}} | pattern
        events.put_rule(Name=rule, EventPattern=json.dumps(full))
        events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": arn}])
        return bucket, url
