"""The rhythm of a mapping over a queue in memory, on a clock that the test moves."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from localcloud.clock import Clock
from localcloud.lambdas.reply import LambdaReply, ThrottledError
from localcloud.mappings.mapping import QueueMapping
from localcloud.mappings.poller import Poller
from localcloud.mappings.records import Received

MAPPING = QueueMapping(
    uuid="u",
    queue_arn="arn:aws:sqs:eu-central-1:123456789012:q",
    function="f",
    enabled=True,
    batch_size=10,
    window_seconds=0,
    maximum_concurrency=2,
    partial_responses=True,
)
VISIBILITY_SECONDS = 30.0


class MemoryQueue:
    """Messages with a visibility timeout; `dead` gets those that were received twice."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, Received] = {}
        self.dead: list[str] = []
        self.emptied = threading.Event()

    def put(self, *bodies: str) -> None:
        for body in bodies:
            self._held[body] = Received(
                message_id=body,
                receipt_handle="r",
                body=body,
                body_md5="",
                sent_at_ms=0,
                first_received_at_ms=0,
                receive_count=0,
                sender_id="s",
                visible_at=0.0,
            )

    def size(self) -> int:
        return len(self._held)

    def waiting(self) -> int:
        return len(self._ready())

    def next_at(self) -> float | None:
        return min((each.visible_at for each in self._held.values()), default=None)

    def take(self, limit: int) -> list[Received]:
        with self._lock:
            taken = []
            for each in self._ready()[:limit]:
                if each.receive_count == 2:
                    self.dead.append(self._held.pop(each.message_id).body)
                    continue
                visible_at = self._clock.now() + VISIBILITY_SECONDS
                count = each.receive_count + 1
                taken.append(replace(each, visible_at=visible_at, receive_count=count))
                self._held[each.message_id] = taken[-1]
            return taken

    def remove(self, message_ids: Collection[str]) -> None:
        with self._lock:
            for message_id in message_ids:
                del self._held[message_id]
            if not self._held:
                self.emptied.set()

    def _ready(self) -> list[Received]:
        return [each for each in self._held.values() if each.visible_at <= self._clock.now()]


Answer = Callable[[list[str]], Any]


class Scene:
    """A poller, its queue, and the batches that its function got."""

    def __init__(self, clock: Clock, threads: ThreadPoolExecutor) -> None:
        self.clock = clock
        self.queue = MemoryQueue(clock)
        self.batches: queue.Queue[list[str]] = queue.Queue()
        self.answer: Answer = lambda _bodies: None
        self.poller = Poller(
            MAPPING,
            self.queue,
            invoke=self._invoke,
            clock=clock,
            submit=lambda work: void(threads.submit(work)),
        )

    def use(self, **changes: Any) -> None:
        self.poller.mapping = replace(MAPPING, **changes)

    def arrive(self, *bodies: str) -> None:
        self.queue.put(*bodies)
        self.poller.pump()

    def batch(self) -> list[str]:
        return self.batches.get(timeout=5)

    def _invoke(self, _function: str, payload: bytes) -> LambdaReply:
        bodies = [record["body"] for record in json.loads(payload)["Records"]]
        self.batches.put(bodies)
        answer = self.answer(bodies)
        return LambdaReply(
            payload=json.dumps(answer).encode(), function_error=None, executed_version="1"
        )


def void(_: object) -> None:
    """Drop a value."""


@pytest.fixture
def scene() -> Iterator[Scene]:
    clock = Clock()
    with ThreadPoolExecutor(max_workers=8) as threads:
        scene = Scene(clock, threads)
        yield scene
        scene.poller.close()
    clock.close()


def keep(*message_ids: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": each} for each in message_ids]}


def test_without_a_window_a_message_goes_at_once(scene: Scene) -> None:
    scene.arrive("a")
    assert scene.batch() == ["a"]
    assert scene.queue.emptied.wait(5)


def test_what_arrives_within_the_window_is_one_batch(scene: Scene) -> None:
    scene.use(window_seconds=3600, batch_size=100)
    for body in "abc":
        scene.arrive(body)
    assert scene.batches.empty()
    scene.clock.advance(3601)
    assert scene.batch() == ["a", "b", "c"]


def test_a_full_batch_does_not_wait_for_its_window(scene: Scene) -> None:
    scene.use(window_seconds=3600, batch_size=2)
    scene.arrive("a")
    scene.arrive("b")
    assert scene.batch() == ["a", "b"]


def test_no_more_batches_are_in_flight_than_the_mapping_allows(scene: Scene) -> None:
    go = threading.Event()
    scene.answer = lambda _bodies: void(go.wait(5))
    scene.use(batch_size=1)
    scene.arrive("a", "b", "c")
    assert sorted(scene.batch() + scene.batch()) == ["a", "b"]
    assert scene.batches.empty()
    go.set()
    assert scene.batch() == ["c"]


def test_a_message_that_failed_comes_again_and_blocks_no_other(scene: Scene) -> None:
    scene.answer = lambda bodies: keep(*[body for body in bodies if body == "poison"])
    scene.arrive("a", "poison", "b")
    assert scene.batch() == ["a", "poison", "b"]
    scene.arrive("c")
    assert scene.batch() == ["c"]
    scene.clock.advance(VISIBILITY_SECONDS + 1)
    assert scene.batch() == ["poison"]
    scene.clock.advance(VISIBILITY_SECONDS + 1)
    scene.arrive("d")
    assert scene.batch() == ["d"]
    assert scene.queue.dead == ["poison"]


def test_without_partial_responses_an_answer_ends_the_whole_batch(scene: Scene) -> None:
    scene.use(partial_responses=False)
    scene.answer = lambda bodies: keep(*bodies)
    scene.arrive("a")
    assert scene.batch() == ["a"]
    assert scene.queue.emptied.wait(5)


def test_a_throttled_batch_is_sent_again_before_it_is_visible(scene: Scene) -> None:
    answers: Iterator[Exception | None] = iter([ThrottledError(), ThrottledError(), None])

    def answer(_bodies: list[str]) -> None:
        if error := next(answers):
            raise error

    scene.answer = answer
    scene.arrive("a")
    for _ in range(2):
        assert scene.batch() == ["a"]
        scene.clock.advance(4)
    assert scene.batch() == ["a"]
    assert scene.queue.emptied.wait(5)
    assert scene.queue.dead == []


def test_a_mapping_that_is_disabled_takes_nothing(scene: Scene) -> None:
    scene.use(enabled=False)
    scene.arrive("a")
    scene.use()
    scene.poller.pump()
    assert scene.batch() == ["a"]
