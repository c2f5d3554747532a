"""The messages of moto's queues: taken in batches, removed together, never lost between threads.

moto delivers to mappings by itself, one message at a time and without an end to retries; that
is turned off here. Its lists are changed by several requests at once; here each change of a queue
is alone. Its visibility timeouts run on the wall clock; here on the local cloud's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any

from moto.sqs import models
from moto.sqs.models import Queue, SQSBackend

from localcloud.mappings.records import Received

MAX_BATCH_BYTES = 6 * 1024 * 1024
"""Of one invocation's event."""

Wake = Callable[[str], None]


class MessageQueue:
    """One queue, found anew each time, since it may be deleted and created again."""

    def __init__(self, find: Callable[[], Any], *, now: Callable[[], float]) -> None:
        self._find = find
        self._now = now

    def size(self) -> int:
        """How many messages it holds, those in flight too."""
        queue = self._find()
        return len(queue._messages) if queue else 0  # noqa: SLF001

    def waiting(self) -> int:
        """How many messages could be taken now."""
        queue = self._find()
        return len(queue.messages) if queue else 0

    def next_at(self) -> float | None:
        """When the next message that cannot be taken yet can; seconds since the epoch."""
        queue = self._find()
        if queue is None:
            return None
        later = [max(m.visible_at, m.delayed_until) for m in queue._messages]  # noqa: SLF001
        return min(later) / 1000 + 0.001 if later else None

    def take(self, limit: int) -> list[Received]:
        """Messages for one invocation, in flight from now on for the queue's visibility timeout.

        A message that was taken too often goes to the dead-letter queue instead.
        """
        queue = self._find()
        if queue is None:
            return []
        with queue._messages_lock:  # noqa: SLF001
            taken: list[Received] = []
            size_bytes = 0
            for message in queue.messages:
                if _is_spent(queue, message):
                    queue._messages.remove(message)  # noqa: SLF001
                    queue.dead_letter_queue.add_message(message)
                    continue
                size_bytes += len(message.body) + 1024
                if len(taken) == limit or (taken and size_bytes > MAX_BATCH_BYTES):
                    break
                queue.pending_messages.add(message)
                message.mark_received(visibility_timeout=queue.visibility_timeout)
                taken.append(_received(message))
            return taken

    def remove(self, message_ids: Collection[str]) -> None:
        """Delete messages that are done."""
        queue = self._find()
        if queue is None:
            return
        with queue._messages_lock:  # noqa: SLF001
            gone = [m for m in queue._messages if m.id in message_ids]  # noqa: SLF001
            queue._messages = [m for m in queue._messages if m.id not in message_ids]  # noqa: SLF001
            queue.pending_messages.difference_update(gone)
            for message in gone:
                queue.deleted_messages.update(message.all_receipt_handles)


def _is_spent(queue: Any, message: Any) -> bool:
    return (
        queue.dead_letter_queue is not None
        and bool(queue.redrive_policy)
        and message.approximate_receive_count >= int(queue.redrive_policy["maxReceiveCount"])
    )


def _received(message: Any) -> Received:
    return Received(
        message_id=message.id,
        receipt_handle=message.receipt_handle,
        body=message.body,
        body_md5=message.body_md5,
        sent_at_ms=int(message.sent_timestamp or 0),
        first_received_at_ms=int(message.approximate_first_receive_timestamp or 0),
        receive_count=message.approximate_receive_count,
        sender_id=message.sender_id,
        visible_at=message.visible_at / 1000,
        attributes=dict(message.message_attributes),
    )


def join_clock(now: Callable[[], float]) -> None:
    """Let the times of messages be those of the local cloud's clock."""
    module: Any = models
    module.unix_time = now
    module.unix_time_millis = lambda: now() * 1000


_wake: list[Wake] = []


def watch(wake: Wake) -> None:
    """Call `wake` with a queue's ARN whenever a message came into it; the last caller wins."""
    _wake[:] = [wake]
    queue: Any = Queue
    if hasattr(queue.add_message, "__wrapped__"):
        return
    queue.add_message = _announced(queue.add_message)
    queue.delete_message = _alone(queue.delete_message)
    backend: Any = SQSBackend
    backend.receive_message = _alone_with_its_queue(backend.receive_message)


def _announced(add_message: Any) -> Any:
    @functools.wraps(add_message)
    def add(queue: Any, message: Any) -> None:
        queue.lambda_event_source_mappings.clear()
        with queue._messages_lock:  # noqa: SLF001
            add_message(queue, message)
        for wake in _wake:
            wake(queue.queue_arn)

    return add


def _alone(method: Any) -> Any:
    @functools.wraps(method)
    def alone(queue: Any, *args: Any, **kwargs: Any) -> Any:
        with queue._messages_lock:  # noqa: SLF001
            return method(queue, *args, **kwargs)

    return alone


def _alone_with_its_queue(receive: Any) -> Any:
    """Waiting for messages gives the lock up, as conditions do."""

    @functools.wraps(receive)
    def alone(backend: Any, queue_name: str, *args: Any, **kwargs: Any) -> Any:
        with backend.get_queue(queue_name)._messages_lock:  # noqa: SLF001
            return receive(backend, queue_name, *args, **kwargs)

    return alone
