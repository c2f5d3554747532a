"""The rhythm of one mapping: when a batch is taken, how many are in flight, what is tried again.

Nothing waits on a thread: every arrival, every end of an invocation and every timer asks `pump`
whether a batch is due.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from localcloud.clock import Clock, Timer
from localcloud.lambdas import InvocationRefusedError, LambdaReply, ThrottledError
from localcloud.mappings.mapping import QueueMapping
from localcloud.mappings.records import Received, event_of, failed

log = logging.getLogger(__name__)

_LONGEST_PAUSE_SECONDS = 60.0
_THROTTLED = frozenset({"TooManyRequestsException", "ServiceException"})


class Messages(Protocol):
    """A queue, as `queues.MessageQueue` has it."""

    def size(self) -> int:
        """How many messages it holds, those in flight too."""

    def waiting(self) -> int:
        """How many messages could be taken now."""

    def next_at(self) -> float | None:
        """When the next message that cannot be taken yet can."""

    def take(self, limit: int) -> list[Received]:
        """Messages for one invocation, in flight from now on."""

    def remove(self, message_ids: Collection[str]) -> None:
        """Delete messages that are done."""


class Poller:
    """Takes batches from a queue as its mapping says; thread-safe."""

    def __init__(
        self,
        mapping: QueueMapping,
        queue: Messages,
        *,
        invoke: Callable[[str, bytes], LambdaReply],
        clock: Clock,
        submit: Callable[[Callable[[], None]], None],
    ) -> None:
        self.mapping = mapping
        self._queue = queue
        self._invoke = invoke
        self._clock = clock
        self._submit = submit
        self._lock = threading.RLock()
        self._in_flight = 0
        self._window_ends: float | None = None
        self._timer: Timer | None = None
        self._closed = False

    def pump(self) -> None:
        """Send every batch that is due; see to it that the next one is not forgotten."""
        with self._lock:
            while self._is_due():
                batch = self._queue.take(self.mapping.batch_size)
                self._window_ends = None
                if batch:
                    self._in_flight += 1
                    self._submit(lambda batch=batch: self._deliver(batch, 0))  # type: ignore[misc]
            self._set_timer()

    def close(self) -> None:
        """Take nothing any more."""
        with self._lock:
            self._closed = True
            if self._timer:
                self._timer.cancel()

    def _is_due(self) -> bool:
        mapping = self.mapping
        if self._closed or not mapping.enabled or self._in_flight >= mapping.maximum_concurrency:
            return False
        window = self._window_ends is not None and self._clock.now() < self._window_ends
        if window and self._queue.size() < mapping.batch_size:
            return False
        waiting = self._queue.waiting()
        if waiting == 0:
            self._window_ends = None
            return False
        if self._window_ends is None:
            self._window_ends = self._clock.now() + mapping.window_seconds
        return waiting >= mapping.batch_size or self._clock.now() >= self._window_ends

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._closed or self._in_flight >= self.mapping.maximum_concurrency:
            return
        moment = self._window_ends or self._queue.next_at()
        if moment is not None:
            self._timer = self._clock.call_at(moment, lambda: self._submit(self.pump))

    def _deliver(self, batch: Sequence[Received], throttles: int) -> None:
        try:
            reply = self._invoke(
                self.mapping.function, event_of(batch, queue_arn=self.mapping.queue_arn)
            )
        except InvocationRefusedError as refusal:
            if self._try_again(batch, throttles, refusal):
                return
            log.warning("%s did not take a batch: %s", self.mapping.function, refusal.message)
        except Exception:  # the outermost loop of a thread: the batch comes again
            log.exception("a batch for %s is lost for now", self.mapping.function)
        else:
            self._queue.remove(self._done(batch, reply))
        with self._lock:
            self._in_flight -= 1
        self.pump()

    def _done(self, batch: Sequence[Received], reply: LambdaReply) -> frozenset[str]:
        """The messages that are done with; the others stay until they are visible again."""
        sent = frozenset(message.message_id for message in batch)
        if reply.function_error is not None:
            return frozenset()
        if not self.mapping.partial_responses:
            return sent
        return sent - failed(reply.payload, sent=sent)

    def _try_again(
        self, batch: Sequence[Received], throttles: int, refusal: InvocationRefusedError
    ) -> bool:
        """A throttled batch is kept and sent again, as long as nobody else may receive it."""
        pause = min(2.0**throttles, _LONGEST_PAUSE_SECONDS)
        throttled = isinstance(refusal, ThrottledError) or refusal.code in _THROTTLED
        expires = min(message.visible_at for message in batch)
        if self._closed or not throttled or self._clock.now() + pause >= expires:
            return False
        again = lambda: self._deliver(batch, throttles + 1)  # noqa: E731
        self._clock.call_later(pause, lambda: self._submit(again))
        return True
