from __future__ import annotations

import pytest

from tests.integration.gate.question import Question
from tests.support.fronted_stack import stack, table_endpoint, table_front
from tests.support.stack import Stack

__all__ = ["stack", "table_endpoint", "table_front"]


@pytest.fixture
def question(stack: Stack) -> Question:
    return Question(stack)
