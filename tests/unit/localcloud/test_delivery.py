"""Deliveries against fake targets and a clock that the test moves."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from localcloud.clock import Clock
from localcloud.events.delivery import Delivery, Parcel
from localcloud.events.targets import Targets

WAIT_SECONDS = 10


def refusal(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "Invoke",
    )


class FakeTargets(Targets):
    """Fails as it is told, then accepts; everything that arrives is counted."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.attempts = threading.Semaphore(0)
        self.delivered: list[str] = []
        self.dead: list[tuple[str, str, Mapping[str, str]]] = []
        self.settled = threading.Event()

    def send(self, target: Mapping[str, Any], body: str, *, name: str) -> None:
        self.attempts.release()
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append(body)
        self.settled.set()

    def send_to_queue(
        self,
        arn: str,
        body: str,
        *,
        parameters: Mapping[str, str] | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        self.dead.append((arn, body, attributes or {}))
        self.settled.set()


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.close()


def deliver(targets: FakeTargets, clock: Clock, **policy: int) -> None:
    """Send one parcel and push the clock forward until it is delivered or dead."""
    delivery = Delivery(targets, clock)
    delivery.send(
        Parcel(
            target={
                "Arn": "arn:aws:lambda:eu-central-1:123456789012:function:f",
                "RetryPolicy": policy,
                "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-central-1:123456789012:dead"},
            },
            body="hello",
            name="n",
            created_at=clock.now(),
            origin={"RULE_ARN": "rule"},
        )
    )
    expected = len(targets.failures) + 1
    for _ in range(expected):
        if targets.attempts.acquire(timeout=WAIT_SECONDS):
            while not targets.settled.wait(0.01) and targets.attempts._value == 0:
                clock.advance(60)
        if targets.settled.is_set():
            break
    assert targets.settled.wait(WAIT_SECONDS)
    delivery.close()


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(refusal("TooManyRequestsException", 429), id="throttled"),
        pytest.param(refusal("ServiceException", 500), id="server error"),
        pytest.param(EndpointConnectionError(endpoint_url="x"), id="no connection"),
    ],
)
def test_a_transient_failure_is_tried_again(clock: Clock, failure: Exception) -> None:
    targets = FakeTargets(failure, failure)
    deliver(targets, clock)
    assert targets.delivered == ["hello"]
    assert not targets.dead


def test_a_lasting_failure_becomes_a_dead_letter_at_once(clock: Clock) -> None:
    targets = FakeTargets(refusal("ResourceNotFoundException", 404))
    deliver(targets, clock)
    assert not targets.delivered
    [(queue, body, attributes)] = targets.dead
    assert queue == "arn:aws:sqs:eu-central-1:123456789012:dead"
    assert body == "hello"
    assert attributes["ERROR_CODE"] == "ResourceNotFoundException"
    assert attributes["RULE_ARN"] == "rule"
    assert attributes["RETRY_ATTEMPTS"] == "0"
    assert "EXHAUSTED_RETRY_CONDITION" not in attributes


def test_retries_end_after_the_number_that_the_policy_allows(clock: Clock) -> None:
    targets = FakeTargets(*[refusal("ThrottlingException")] * 10)
    deliver(targets, clock, MaximumRetryAttempts=2)
    [(_, _, attributes)] = targets.dead
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert attributes["RETRY_ATTEMPTS"] == "2"
    assert len(targets.failures) == 7


def test_retries_end_when_the_event_is_too_old(clock: Clock) -> None:
    targets = FakeTargets(*[refusal("ThrottlingException")] * 50)
    deliver(targets, clock, MaximumEventAgeInSeconds=100)
    [(_, _, attributes)] = targets.dead
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
