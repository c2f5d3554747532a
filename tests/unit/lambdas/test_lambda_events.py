"""Asynchronous invocations, on a clock that the test moves."""

import json
import queue
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.clock import Clock
from localcloud.lambdas.asynchronous import AsyncInvocations, AsyncSettings
from localcloud.lambdas.function import FunctionVersion
from localcloud.lambdas.reply import LambdaReply, ThrottledError
from tests.support.lambda_function import FUNCTION

FAILURE = LambdaReply(
    payload=b'{"errorMessage": "no", "errorType": "ValueError"}',
    function_error="Unhandled",
    executed_version="$LATEST",
)
SUCCESS = LambdaReply(payload=b'"ok"', function_error=None, executed_version="$LATEST")


class Scene:
    """A function with scripted answers; what it was asked and what was sent elsewhere."""

    def __init__(self, answers: list[LambdaReply | Exception], settings: AsyncSettings) -> None:
        self.clock = Clock()
        self.calls: queue.Queue[str] = queue.Queue()
        self.sent: queue.Queue[tuple[str, str, dict[str, str]]] = queue.Queue()
        self._answers = iter(answers)
        self.events = AsyncInvocations(
            self._run,
            clock=self.clock,
            settings=lambda _: settings,
            send=lambda arn, body, attributes: self.sent.put((arn, body, attributes)),
        )

    def _run(self, _function: FunctionVersion, _payload: bytes, **named: Any) -> LambdaReply:
        self.calls.put(named["request_id"])
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def next_call(self) -> str:
        return self.calls.get(timeout=5)

    def advance_until_called(self, seconds: float) -> str:
        """Move the clock past a pause that begins when the attempt before has been judged."""
        while True:
            self.clock.advance(seconds)
            try:
                return self.calls.get(timeout=0.02)
            except queue.Empty:
                continue


@pytest.fixture
def scenes() -> Iterator[Any]:
    made: list[Scene] = []

    def make(answers: list[LambdaReply | Exception], **settings: Any) -> Scene:
        made.append(Scene(answers, AsyncSettings(**settings)))
        return made[-1]

    yield make
    for scene in made:
        scene.clock.close()


def test_a_failing_function_gets_three_attempts_then_the_dead_letter_queue(scenes: Any) -> None:
    scene = scenes([FAILURE] * 3, dead_letter_arn="arn:aws:sqs:r:a:dead")
    request_id = scene.events.submit(FUNCTION, b'{"n": 1}')
    assert scene.next_call() == request_id
    assert scene.advance_until_called(60) == request_id
    assert scene.advance_until_called(120) == request_id
    arn, body, attributes = scene.sent.get(timeout=5)
    assert (arn, body) == ("arn:aws:sqs:r:a:dead", '{"n": 1}')
    assert attributes == {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": "no"}


def test_a_function_that_recovers_is_not_called_again(scenes: Any) -> None:
    scene = scenes([FAILURE, SUCCESS], on_success_arn="arn:aws:sqs:r:a:good")
    scene.events.submit(FUNCTION, b"{}")
    scene.next_call()
    scene.advance_until_called(60)
    arn, body, _ = scene.sent.get(timeout=5)
    record = json.loads(body)
    assert arn == "arn:aws:sqs:r:a:good"
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responsePayload"] == "ok"


def test_a_throttled_event_is_tried_again_without_counting_as_a_failure(scenes: Any) -> None:
    scene = scenes([ThrottledError(), ThrottledError(), SUCCESS], on_success_arn="arn:aws:sqs:::x")
    scene.events.submit(FUNCTION, b"{}")
    scene.next_call()
    scene.advance_until_called(2)
    scene.advance_until_called(4)
    _, body, _ = scene.sent.get(timeout=5)
    assert json.loads(body)["requestContext"]["approximateInvokeCount"] == 1


def test_an_event_grows_too_old(scenes: Any) -> None:
    scene = scenes(
        [FAILURE], maximum_event_age_seconds=30, on_failure_arn="arn:aws:events:r:a:event-bus/b"
    )
    scene.events.submit(FUNCTION, b"{}")
    _, body, _ = scene.sent.get(timeout=5)
    record = json.loads(body)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["responseContext"]["functionError"] == "Unhandled"


def test_retries_can_be_switched_off(scenes: Any) -> None:
    scene = scenes([FAILURE], maximum_retry_attempts=0, dead_letter_arn="arn:aws:sqs:r:a:dead")
    scene.events.submit(FUNCTION, b"{}")
    scene.sent.get(timeout=5)
    assert scene.calls.qsize() == 1
