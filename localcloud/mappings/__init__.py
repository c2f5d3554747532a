"""SQS event source mappings: batches of messages become invocations of functions.

`mapping` is what the API keeps and refuses, `records` the documents that go to a function and come
back, `queues` the messages, `poller` the rhythm of one mapping; this file joins them to moto.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.sqs.models import sqs_backends

from localcloud.clock import Clock
from localcloud.lambdas import LambdaReply
from localcloud.mappings.mapping import mapping_of
from localcloud.mappings.moto_api import attach
from localcloud.mappings.poller import Poller
from localcloud.mappings.queues import MessageQueue, join_clock, watch

Invoke = Callable[[str, bytes], LambdaReply]

THREADS = 64
"""Invocations of all mappings at once; each waits for its function."""


class EventSourceMappings:
    """One poller for each mapping of a queue that moto keeps, from `refresh` to `close`.

    Mappings that outlived a restart wait for the first `refresh`, which any change of one asks for:
    by then there is an endpoint for their functions.
    """

    def __init__(self, *, invoke: Invoke, clock: Clock, account: str, region: str) -> None:
        self._invoke = invoke
        self._clock = clock
        self._place = (account, region)
        self._lock = threading.Lock()
        self._pollers: dict[str, Poller] = {}
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="mapping")
        join_clock(clock.now)
        watch(self._wake)
        attach(self.refresh)

    def refresh(self) -> None:
        """Begin with what is new, follow what has changed, end what is gone."""
        account, region = self._place
        kept = lambda_backends[account][region]._event_source_mappings  # noqa: SLF001
        wanted = {
            mapping.uuid: mapping
            for each in list(kept.values())
            if (mapping := mapping_of(each.get_configuration() | {"Function": each.function_name}))
        }
        with self._lock:
            gone = [self._pollers.pop(uuid) for uuid in self._pollers.keys() - wanted.keys()]
            for uuid, mapping in wanted.items():
                if uuid in self._pollers:
                    self._pollers[uuid].mapping = mapping
                else:
                    self._pollers[uuid] = Poller(
                        mapping,
                        MessageQueue(self._queue(mapping.queue_arn), now=self._clock.now),
                        invoke=self._invoke,
                        clock=self._clock,
                        submit=self._submit,
                    )
            pollers = list(self._pollers.values())
        for poller in gone:
            poller.close()
        for poller in pollers:
            poller.pump()

    def close(self) -> None:
        """Start no more invocations; those under way end with their functions."""
        watch(lambda _queue_arn: None)
        attach(lambda: None)
        with self._lock:
            pollers, self._pollers = list(self._pollers.values()), {}
        for poller in pollers:
            poller.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _queue(self, arn: str) -> Callable[[], Any]:
        account, region = self._place
        name = arn.rpartition(":")[2]
        return lambda: sqs_backends[account][region].queues.get(name)

    def _wake(self, queue_arn: str) -> None:
        with self._lock:
            pollers = [p for p in self._pollers.values() if p.mapping.queue_arn == queue_arn]
        for poller in pollers:
            poller.pump()

    def _submit(self, work: Callable[[], None]) -> None:
        try:
            self._threads.submit(work)
        except RuntimeError:  # it is closing: the messages stay in the queue
            return
