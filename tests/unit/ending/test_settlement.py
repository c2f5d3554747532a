from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.runs.settlement import LOADED, MAX_FAILURES, TERMINAL, Ending, Reason, ending

RUN_REASON = Reason(code="quality", message="too many")
FILE_REASON = Reason(code="encoding", message="no UTF-8")


def end(
    disposition: str,
    status: str,
    failed: tuple[str, ...] = (),
    file_reason: Reason | None = None,
    run_reason: Reason | None = RUN_REASON,
) -> Ending:
    return ending(
        disposition=disposition,
        status=status,
        run_id="r9",
        file_reason=file_reason,
        run_reason=run_reason,
        failed_runs=failed,
    )


@pytest.mark.parametrize(
    ("disposition", "status", "ends"),
    [
        ("accepted", "LOADED", "archived"),
        ("loaded", "FAILED", "archived"),
        ("accepted", "REFUSED", "quarantined"),
        ("accepted", "REJECTED", "quarantined"),
        ("accepted", "EXPIRED", "quarantined"),
        ("accepted", "FAILED", "kept"),
        ("failed", "FAILED", "kept"),
        ("failed", "LOADED", "kept"),
        ("refused", "LOADED", "quarantined"),
        ("refused", "FAILED", "quarantined"),
        ("duplicate", "DUPLICATE", "duplicate"),
        ("duplicate", "LOADED", "duplicate"),
    ],
)
def test_where_a_file_ends(disposition: str, status: str, ends: str) -> None:
    assert end(disposition, status).disposition == ends


@given(
    st.sampled_from(["accepted", "loaded", "failed", "refused", "duplicate"]),
    st.sampled_from(sorted(TERMINAL - {"DUPLICATE"})),
    st.sets(st.sampled_from(["r1", "r2", "r3", "r9"])),
)
def test_settling_again_is_settling_once(disposition: str, status: str, failed: set[str]) -> None:
    first = end(disposition, status, tuple(failed))
    again = end(disposition, status, first.failed_runs or tuple(failed))
    assert again == first
    assert (first.shelf is None) == (first.disposition in {"kept", "duplicate"})


def test_a_fault_of_a_service_is_held_against_no_file() -> None:
    """However often: three throttles used to quarantine a good file."""
    throttled = Reason(code="Lambda.TooManyRequestsException", message="Rate Exceeded.")
    interrupted: tuple[str, ...] = ()
    for run in range(20):
        kept = ending(
            disposition="failed",
            status="FAILED",
            run_id=f"r{run:02}",
            file_reason=throttled,
            run_reason=None,
            failed_runs=("r1", "r2"),
            interrupted_runs=interrupted,
        )
        interrupted = kept.interrupted_runs
        assert (kept.disposition, kept.failed_runs) == ("kept", ("r1", "r2"))
    assert len(interrupted) == 20


def test_failing_for_the_last_time_names_all_runs() -> None:
    last = end("accepted", "FAILED", ("r1", "r2"))
    assert (last.disposition, len(last.failed_runs)) == ("quarantined", MAX_FAILURES)
    assert last.reason is not None
    assert last.reason.message == "3 runs of this file failed (r1, r2, r9): too many"


def test_a_file_keeps_its_own_reason() -> None:
    assert end("refused", "REFUSED", file_reason=FILE_REASON).reason == FILE_REASON
    assert end("accepted", "REFUSED", file_reason=FILE_REASON).reason == RUN_REASON


def test_there_is_always_a_reason_for_quarantine() -> None:
    reason = end("accepted", "EXPIRED", run_reason=None).reason
    assert reason == Reason(code="expired", message="the run ended as EXPIRED")


@pytest.mark.parametrize(("disposition", "status"), [("lost", "LOADED"), ("accepted", "RUNNING")])
def test_what_no_run_knows_is_refused(disposition: str, status: str) -> None:
    with pytest.raises(ValueError, match=f"{disposition if status == 'LOADED' else status}"):
        end(disposition, status)


@pytest.mark.parametrize("document", [None, {}, {"code": ""}, "text", []])
def test_no_reason_is_no_reason(document: object) -> None:
    assert Reason.parse(document) is None


@pytest.mark.parametrize("disposition", ["accepted", "failed", "refused"])
@pytest.mark.parametrize("status", sorted(TERMINAL - {LOADED}))
def test_the_verdict_on_a_file_decides_where_it_goes(disposition: str, status: str) -> None:
    """However the run ended: rows in the table and a file in quarantine never go together."""
    facts: Any = {
        "disposition": disposition,
        "status": status,
        "run_id": "r9",
        "file_reason": None,
        "run_reason": None,
        "failed_runs": ("r1", "r2", "r3"),
    }
    assert ending(**facts, verdict="load").disposition == "kept"
    why = Reason(code="rejected", message="no")
    refused = ending(**facts, verdict="refuse", verdict_reason=why)
    assert (refused.disposition, refused.reason) == ("quarantined", why)
