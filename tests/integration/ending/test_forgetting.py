"""Records that are at rest since long leave the control table; all others stay."""

from __future__ import annotations

from typing import Any

import pytest

import forget_records
from pipeline import timestamps
from pipeline.runs.records import LoadCounts
from stores import clock
from stores.loads import Loads
from tests.support.stack import Stack

LONG_AGO = "2020-01-01T00:00:00.000Z"


def ended(stack: Stack, run_id: str, at: str) -> None:
    facts: dict[str, Any] = {"run_id": run_id, "dataset": "addresses", "status": "LOADED"}
    stack.put(f"RUN#{run_id}", "RUN", **facts, notice="SENT", ended_at=at)
    for part in range(2):
        Loads(stack.control).save(run_id, part, LoadCounts(loaded=1, rows_done=1))


def keys(stack: Stack) -> set[tuple[str, str]]:
    return {(item["pk"], item["sk"]) for item in stack.control.scan(["pk", "sk"])}


@pytest.fixture
def records(stack: Stack) -> Stack:
    ended(stack, "old", LONG_AGO)
    ended(stack, "new", timestamps.later(clock.now(), -86_400))
    stack.put("DATASET#addresses", "LAST", run_id="old", ended_at=LONG_AGO, counts={})
    stack.put("ORDER#b#k", LONG_AGO, versions=["v"])
    return stack


def test_an_old_run_goes_with_its_parts(records: Stack) -> None:
    assert forget_records.handler({"days": "30"}, None) == {"forgotten": 4}
    assert keys(records) == {
        ("DATASET#addresses", "LAST"),
        *(("RUN#new", sk) for sk in ("LOAD#000000", "LOAD#000001", "RUN")),
    }
    assert forget_records.handler({"days": "30"}, None) == {"forgotten": 0}


def test_for_ever_means_that(records: Stack) -> None:
    before = keys(records)
    assert forget_records.handler({"days": "0"}, None) == {"forgotten": 0}
    assert keys(records) == before
