"""The documents of an invocation by a queue: the event, and which messages its answer keeps.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One message in flight; times in milliseconds since the epoch."""

    message_id: str
    receipt_handle: str
    body: str
    body_md5: str
    sent_at_ms: int
    first_received_at_ms: int
    receive_count: int
    sender_id: str
    visible_at: float
    """When, in seconds since the epoch, another receive may get it."""
    attributes: dict[str, Any] = field(default_factory=dict)
    """Message attributes as ReceiveMessage gives them."""

    @property
    def size_bytes(self) -> int:
        """What it adds to a batch."""
        return len(self.body.encode()) + 1024


def event_of(messages: Sequence[Received], *, queue_arn: str) -> bytes:
    """The event that a function gets for a batch."""
    return json.dumps({"Records": [_record(each, queue_arn) for each in messages]}).encode()


def _record(message: Received, queue_arn: str) -> dict[str, Any]:
    return {
        "messageId": message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receive_count),
            "SentTimestamp": str(message.sent_at_ms),
            "SenderId": message.sender_id,
            "ApproximateFirstReceiveTimestamp": str(message.first_received_at_ms),
        },
        "messageAttributes": {
            name: _attribute(value) for name, value in message.attributes.items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    named = {"DataType": "dataType", "StringValue": "stringValue", "BinaryValue": "binaryValue"}
    return {named[name]: item for name, item in value.items() if name in named}


def failed(answer: bytes, *, sent: Collection[str]) -> frozenset[str]:
    """The ids of the messages that an answer without an error keeps in the queue.

    An answer that is no JSON, or names a message that was not sent, keeps them all.

    >>> sorted(failed(b'{"batchItemFailures": [{"itemIdentifier": "b"}]}', sent=["a", "b"]))
    ['b']
    >>> sorted(failed(b'{"batchItemFailures": [{"itemIdentifier": ""}]}', sent=["a", "b"]))
    ['a', 'b']
    >>> sorted(failed(b"null", sent=["a", "b"]))
    []
    """
    everything = frozenset(sent)
    try:
        document = json.loads(answer or b"null")
        failures = (document or {}).get("batchItemFailures") or []
        named = frozenset(failure["itemIdentifier"] for failure in failures)
    except (ValueError, TypeError, KeyError, AttributeError):
        return everything
    return everything if named - everything else named
