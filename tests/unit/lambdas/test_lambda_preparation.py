"""Functions are prepared in order, each once, by threads that end when they are told to."""

from __future__ import annotations

import queue
import threading
from dataclasses import replace

from localcloud.lambdas.preparation import AT_ONCE, Preparation
from tests.support.lambda_function import FUNCTION

LONGEST_SECONDS = 10.0
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:pipeline"


def named_by(text: str) -> tuple[str, ...]:
    return ("read", "judge") if text == MACHINE else ()


def next_of(prepared: queue.SimpleQueue[str], count: int) -> list[str]:
    return [prepared.get(timeout=LONGEST_SECONDS) for _ in range(count)]


def test_what_is_expected_is_prepared_once_in_order() -> None:
    prepared: queue.SimpleQueue[str] = queue.SimpleQueue()
    preparation = Preparation(prepared.put, named_by=named_by, at_once=1)
    preparation.expect(["read", "judge", "read"])
    preparation.expect(["judge", "load"])
    preparation.expect(["read", "judge", "load"])
    assert next_of(prepared, 3) == ["read", "judge", "load"]
    preparation.expect(["tell"])
    assert next_of(prepared, 1) == ["tell"], "and nothing twice before it"
    preparation.close()


def test_a_function_that_knows_a_state_machine_has_its_functions_prepared() -> None:
    prepared: queue.SimpleQueue[str] = queue.SimpleQueue()
    preparation = Preparation(prepared.put, named_by=named_by, at_once=1)
    for environment in ({"TABLE": "t"}, {"TABLE": "t", "STATE_MACHINE_ARN": MACHINE}):
        preparation.expect_started_by(replace(FUNCTION, environment=environment))
    assert next_of(prepared, 2) == ["read", "judge"]
    preparation.close()


def test_so_many_are_prepared_beside_one_another_and_no_more() -> None:
    begun: queue.SimpleQueue[str] = queue.SimpleQueue()
    ready = threading.Event()

    def prepare(name: str) -> None:
        begun.put(name)
        ready.wait(LONGEST_SECONDS)

    names = [f"f{number}" for number in range(AT_ONCE + 1)]
    preparation = Preparation(prepare, named_by=named_by)
    preparation.expect(names)
    assert sorted(next_of(begun, AT_ONCE)) == names[:AT_ONCE], "none of them is ready yet"
    assert begun.empty()
    ready.set()
    assert next_of(begun, 1) == names[AT_ONCE:]
    preparation.close()


def test_nothing_is_prepared_after_the_end() -> None:
    prepared: list[str] = []
    preparation = Preparation(prepared.append, named_by=named_by)
    preparation.close()
    preparation.expect(["read"])
    assert not prepared
