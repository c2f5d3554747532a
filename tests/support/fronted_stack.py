"""Fixtures: the stack on moto, with a faulty DynamoDB in front of its tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.dynamodb import FaultyDynamoDB, serving
from tests.support.stack import Stack, running_stack


@pytest.fixture(scope="session")
def table_endpoint() -> Iterator[tuple[FaultyDynamoDB, str]]:
    front = FaultyDynamoDB()
    with serving(front) as url:
        yield front, url


@pytest.fixture
def table_front(table_endpoint: tuple[FaultyDynamoDB, str]) -> FaultyDynamoDB:
    """What the loader, which makes its own HTTP requests, talks to."""
    front, _ = table_endpoint
    front.calls.clear()
    front.faults.clear()
    return front


@pytest.fixture
def stack(
    monkeypatch: pytest.MonkeyPatch,
    table_front: FaultyDynamoDB,
    table_endpoint: tuple[FaultyDynamoDB, str],
) -> Iterator[Stack]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", table_endpoint[1])
    with running_stack(monkeypatch) as stack:
        yield stack
