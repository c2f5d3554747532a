"""Functions are prepared in order, each once, by a thread that ends when it is told to."""

from __future__ import annotations

import queue

from localcloud.lambdas.preparation import Preparation

LONGEST_SECONDS = 10.0


def test_what_is_expected_is_prepared_once_in_order() -> None:
    prepared: queue.SimpleQueue[str] = queue.SimpleQueue()
    preparation = Preparation(prepared.put, at_once=1)
    preparation.expect(["read", "judge", "read"])
    preparation.expect(["judge", "load"])
    preparation.expect(["read", "judge", "load"])
    assert [prepared.get(timeout=LONGEST_SECONDS) for _ in range(3)] == ["read", "judge", "load"]
    preparation.expect(["tell"])
    assert prepared.get(timeout=LONGEST_SECONDS) == "tell", "and nothing twice before it"
    preparation.close()


def test_nothing_is_prepared_after_the_end() -> None:
    prepared: list[str] = []
    preparation = Preparation(prepared.append)
    preparation.close()
    preparation.expect(["read"])
    assert not prepared
