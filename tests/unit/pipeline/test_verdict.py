from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.runs.settlement import Reason
from pipeline.runs.verdict import Verdict, agreed

verdicts = st.builds(
    Verdict,
    decision=st.sampled_from(["load", "refuse"]),
    run_id=st.sampled_from(["r1", "r2", "r3"]),
    report_sha256=st.sampled_from(["x", "y"]),
    contract_version=st.sampled_from(["c1", "c2"]),
    at=st.just("2026-07-01T00:00:00.000Z"),
    reason=st.none() | st.just(Reason(code="rejected", message="no")),
)
LOAD = Verdict(decision="load", run_id="r1", report_sha256="x", contract_version="c1", at="")


@given(st.lists(verdicts, min_size=1))
def test_whatever_is_wanted_later_the_first_decision_stays(wanted: list[Verdict]) -> None:
    stands: Verdict | None = None
    for verdict in wanted:
        stands = agreed(stands, verdict) or stands
    assert stands is not None
    assert stands.decision == wanted[0].decision


@given(verdicts)
def test_deciding_again_changes_nothing(verdict: Verdict) -> None:
    assert agreed(verdict, replace(verdict, at="later")) == verdict


@given(verdicts)
def test_a_verdict_reads_as_it_was_written(verdict: Verdict) -> None:
    assert Verdict.parse(verdict.as_document()) == verdict
    assert Verdict.parse(None) is None


def test_a_later_run_names_the_one_that_decided() -> None:
    second = agreed(LOAD, replace(LOAD, run_id="r2", report_sha256="y"))
    assert second is not None
    third = agreed(second, replace(LOAD, run_id="r3", report_sha256="z"))
    assert third is not None
    assert (second.taken_over_from, third.taken_over_from) == ("r1", "r1")


def test_under_another_contract_it_is_a_decision_of_its_own() -> None:
    other = replace(LOAD, run_id="r2", contract_version="c2")
    assert not LOAD.is_word_for("r2", "c2")
    assert agreed(LOAD, other) == other
