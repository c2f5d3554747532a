"""Which state is to blame, what it said, and what a person can do."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sluice.runs.diagnosis import Diagnosis, blamed_visit
from sluice.runs.diagnosis import diagnose as diagnose_visit
from sluice.runs.history import StateVisit
from sluice.runs.run import STATUSES, Counts, Run
from sluice.runs.undo_order import Order
from tests.support.runs import RUN, VISIT


def diagnose(run: Run, states: list[StateVisit]) -> Diagnosis:
    return diagnose_visit(run, blamed_visit(run, states))


def visit(name: str, *, error: str = "", cause: str = "", **more: object) -> StateVisit:
    status = "CAUGHT" if error else "SUCCEEDED"
    return replace(VISIT, **{"name": name, "status": status, "error": error, "cause": cause} | more)


def test_the_original_failure_is_blamed_not_what_came_after() -> None:
    states = [
        visit("Plan Conversion", error="KeyError", cause='{"errorMessage": "no manifest"}'),
        visit("Settle Files", error="TransientError", cause="busy"),
        visit("Failed", error="KeyError", kind="Fail", status="FAILED"),
    ]
    told = diagnose(RUN, states)
    assert (told.state, told.error, told.cause) == ("Plan Conversion", "KeyError", "no manifest")
    assert any("sluice replay customers-a" in advice for advice in told.advice)


def test_the_innermost_state_is_blamed() -> None:
    states = [
        visit("Load Batches", error="KeyError", kind="Map"),
        visit("Load Batch", error="KeyError", depth=1, item=3),
    ]
    assert diagnose(RUN, states).state == "Load Batch (item 3)"


def test_an_error_that_a_retry_overcame_is_not_to_blame() -> None:
    states = [
        visit("Judge Quality", error="TransientError", status="SUCCEEDED"),
        visit("Reconcile Load", error="ReconciliationError"),
    ]
    told = diagnose(replace(RUN, error="ReconciliationError"), states)
    assert told.state == "Reconcile Load"
    assert any("do not trust this load" in advice for advice in told.advice)


def test_a_refused_file_says_what_to_mend() -> None:
    cause = json.dumps({"errorMessage": json.dumps({"code": "empty", "message": "no rows"})})
    refused = replace(RUN, status="REFUSED", error="RunRefused")
    told = diagnose(refused, [visit("Validate Header", error="FileRefusedError", cause=cause)])
    assert told.cause == "no rows"
    assert told.advice == (
        "mend the file and drop it again; the original: sluice fetch customers-a",
    )


def test_a_stopped_run_says_where_it_was_cut_off() -> None:
    stopped = replace(RUN, execution_status="ABORTED", error="StoppedByHand", reason="wrong file")
    told = diagnose(stopped, [visit("Open Run"), visit("Convert CSV To JSON", status="ABORTED")])
    assert (told.state, told.error, told.cause) == (
        "Convert CSV To JSON",
        "StoppedByHand",
        "wrong file",
    )
    assert told.advice[:2] == (
        "somebody stopped it; let it go on: sluice redrive customers-a",
        "run its files anew: sluice replay customers-a",
    )


def test_nothing_is_to_be_done_about_an_undone_run() -> None:
    order = Order(by="ann", at="2026-01-01T00:00:00Z", comment="", state="DONE", counts={})
    files = tuple(replace(file, disposition="quarantined") for file in RUN.files)
    undone = replace(RUN, status="LOADED", files=files, undo=order)
    [told] = diagnose(undone, []).advice
    assert told == "nothing: it was undone; if there is a right file, drop it"


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_comes_with_advice(status: str) -> None:
    assert diagnose(replace(RUN, status=status), []).advice


def test_a_stack_trace_is_folded() -> None:
    told = diagnose(
        RUN, [visit("Plan Conversion", error="KeyError", cause="no key\n  at x\n  at y")]
    )
    assert told.cause == "no key"
    assert told.details == ("no key", "  at x", "  at y")


def test_the_map_is_blamed_for_the_error_of_its_part() -> None:
    states = [
        visit("Validate Object", error="TransientError", status="SUCCEEDED"),
        visit("Load Batches", error="States.ExceedToleratedFailureThreshold", kind="Map"),
    ]
    told = diagnose(replace(RUN, error="DynamoDBError"), states)
    assert told.state == "Load Batches"


def test_the_commands_of_an_advice_begin_as_the_caller_says() -> None:
    told = diagnose_visit(RUN, None, sluice="sluice --local")
    assert any("sluice --local replay customers-a" in advice for advice in told.advice)


def test_a_loaded_run_tells_what_it_left_out() -> None:
    archived = replace(RUN.files[0], disposition="archived")
    loaded = replace(RUN, status="LOADED", files=(archived,))
    assert diagnose(loaded, []).advice == ("nothing: the table holds what the files say",)
    counts = Counts.from_numbers({"rows_in": 3, "valid": 1, "rejected": 2})
    refused = replace(RUN.files[0], disposition="quarantined")
    told = diagnose(replace(loaded, counts=counts, files=(archived, refused)), []).advice
    assert told[0] == "2 rejected rows are not in the table: sluice rejects customers-a"
    assert "sluice mend customers-a" in told[1]
    assert "quarantine" in told[2]
