"""What lies in queues and what topics have sent, for people and tests: looking takes nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any


def messages(*, account: str, now: Callable[[], float]) -> dict[str, Any]:
    """`queues` and `topics` by name, each a list of messages, the oldest first.

    Of a queue's message: `id`, `body`, `receives` (how often it was received) and `visible`; of a
    topic's: `id`, `subject`, `message`.
    """
    return {
        "queues": {
            name: [_queued(message, now() * 1000) for message in list(queue._messages)]  # noqa: SLF001
            for backend in _backends("sqs", account)
            for name, queue in list(backend.queues.items())
        },
        "topics": {
            arn.rpartition(":")[2]: [_sent(sent) for sent in list(topic.sent_notifications)]
            for backend in _backends("sns", account)
            for arn, topic in list(backend.topics.items())
        },
    }


def _backends(service: str, account: str) -> Iterator[Any]:
    """Those of all regions; none where nobody has used the service yet."""
    module: Any = sys.modules.get(f"moto.{service}.models")
    if module is not None:
        yield from list(getattr(module, f"{service}_backends")[account].values())


def _queued(message: Any, now_ms: float) -> dict[str, Any]:
    return {
        "id": message.id,
        "body": message.body,
        "receives": message.approximate_receive_count,
        "visible": max(message.visible_at, message.delayed_until) <= now_ms,
    }


def _sent(sent: tuple[Any, ...]) -> dict[str, Any]:
    message_id, message, subject, *_ = sent
    return {"id": message_id, "subject": subject, "message": message}
