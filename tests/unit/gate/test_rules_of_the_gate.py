from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline import timestamps
from pipeline.gate import gate
from pipeline.gate.gate import Approval, Ballot
from pipeline.principal import BY_LINK, SIGNED, Principal

START = "2026-07-01T00:00:00.000Z"
HOME, ELSEWHERE = "123456789012", "210987654321"
ADA = Principal.signed(f"arn:aws:iam::{HOME}:user/Ada")
ROLE = f"arn:aws:sts::{HOME}:assumed-role/Operator/"
DAN = Principal.signed(ROLE + "Dan")
CLEO = Principal.signed(f"arn:aws:iam::{ELSEWHERE}:user/Cleo")
PEOPLE = [
    ADA,
    Principal.signed(f"arn:aws:iam::{HOME}:user/ada"),
    Principal.signed(f"arn:aws:iam::{HOME}:user/Bob"),
    DAN,
    Principal.signed(ROLE + "Eve"),
    CLEO,
    Principal.by_link("Ada"),
    Principal.by_link("Mallory"),
]


def approval(**more: object) -> Approval:
    facts: dict[str, object] = {
        "approval_id": "0" * 16,
        "run_id": "r1",
        "dataset": "addresses",
        "execution_arn": f"arn:aws:states:eu-central-1:{HOME}:execution:sluice:r1",
        "report_uri": "s3://work/report.json",
        "report_sha256": "x",
        "created_at": START,
        "expires_at": timestamps.later(START, 3_600),
        "reasons": (),
        "counts": {},
    }
    return Approval(**{**facts, **more})  # type: ignore[arg-type]


def ballot(answer: str = "approve", by: Principal = ADA, after_seconds: int = 1) -> Ballot:
    at = timestamps.later(START, after_seconds)
    return Ballot.parse(answer=answer, by=by, comment="", at=at)


class Gate(RuleBasedStateMachine):
    """Any order of answers, expiry and waiting, against what a gate must keep."""

    def __init__(self) -> None:
        super().__init__()
        self.approval = approval(required=2, uploaders=(ELSEWHERE, HOME))
        self.seconds = 0
        self.first_end: Approval | None = None

    @rule(seconds=st.integers(0, 2_000))
    def wait(self, seconds: int) -> None:
        self.seconds += seconds

    @rule(answer=st.sampled_from(["approve", "reject"]), by=st.sampled_from(PEOPLE))
    def vote(self, answer: str, by: Principal) -> None:
        before = self.approval
        try:
            self.approval = gate.decide(before, ballot(answer, by, self.seconds))
        except gate.GateError:
            return
        assert before.status == gate.PENDING
        assert self.seconds < 3_600

    @rule()
    def expire(self) -> None:
        self.approval = gate.expire(self.approval, timestamps.later(START, self.seconds))

    @invariant()
    def what_is_decided_stays(self) -> None:
        if self.first_end is None and self.approval.status != gate.PENDING:
            self.first_end = self.approval
        assert self.first_end in (None, self.approval)

    @invariant()
    def approved_means_two_proved_people_and_not_the_uploader(self) -> None:
        voters = [vote.by.name.casefold() for vote in self.approval.votes]
        assert len(set(voters)) == len(voters)
        assert all(vote.by.how == SIGNED for vote in self.approval.votes)
        if self.approval.status == gate.APPROVED:
            yes = [vote.by for vote in self.approval.votes if vote.answer == "approve"]
            assert len(yes) == 2
            assert CLEO not in yes


TestGate = Gate.TestCase


def test_one_rejection_is_enough() -> None:
    decided = gate.decide(approval(required=3), ballot("reject"))
    assert (decided.status, decided.decided_by) == ("REJECTED", f"{ADA.name} (signed)")
    assert decided.decision()["approved"] is False


def test_whoever_dropped_the_file_may_reject_but_not_approve() -> None:
    mine = approval(uploaders=("", ADA.name.upper().replace("ARN:AWS:IAM", "arn:aws:iam")))
    with pytest.raises(gate.NotAllowedError):
        gate.decide(mine, ballot("approve"))
    assert gate.decide(mine, ballot("reject")).status == "REJECTED"


@pytest.mark.parametrize(
    ("more", "by", "allowed"),
    [
        pytest.param({}, Principal.by_link("Anybody"), True, id="no list of approvers"),
        pytest.param({"approvers": (ADA.name.lower(),)}, ADA, True, id="other case"),
        pytest.param({"approvers": (DAN.name,)}, DAN, True, id="the role of a session"),
        pytest.param({"approvers": (ADA.name,)}, DAN, False, id="not listed"),
        pytest.param({"approvers": (f"{ADA.name}/Dan",)}, DAN, False, id="a session's name"),
        pytest.param({"approvers": ("Ada",)}, Principal.by_link("Ada"), False, id="a typed name"),
        pytest.param({"required": 2}, Principal.by_link("Ada"), False, id="one of two by link"),
    ],
)
def test_who_may_decide(more: dict[str, object], by: Principal, allowed: bool) -> None:
    if allowed:
        assert gate.decide(approval(**more), ballot(by=by)).status == "APPROVED"
    else:
        with pytest.raises(gate.NotAllowedError):
            gate.decide(approval(**more), ballot(by=by))


def test_after_the_time_nobody_decides() -> None:
    with pytest.raises(gate.AlreadyDecidedError, match="ended"):
        gate.decide(approval(), ballot(after_seconds=3_600))


def test_a_form_is_good_for_what_it_showed() -> None:
    asked = approval(required=2)
    shown = gate.form_token(asked, "secret")
    assert shown != gate.form_token(gate.decide(asked, ballot()), "secret")
    assert shown != gate.form_token(approval(report_sha256="y"), "secret")
    assert shown != gate.form_token(asked, "other")


def test_without_a_digest_no_secret_is_right() -> None:
    assert not approval().accepts("")
    assert approval(secret_sha256=gate.digest_of("s")).accepts("s")
    assert not approval(secret_sha256=gate.digest_of("s")).accepts("S")


def test_secrets_do_not_show_in_logs() -> None:
    shown = repr(approval(secret_sha256="DIGEST", task_token="TOKEN"))
    assert "DIGEST" not in shown
    assert "TOKEN" not in shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "60 minutes are left"),
        (3_500, "1 minutes are left"),
        (3_700, "The time to answer ended"),
    ],
)
def test_how_much_time_is_left(seconds: int, said: str) -> None:
    assert said in gate.time_left(approval(), timestamps.later(START, seconds))


def test_who_has_answered_stands_beside_who_is_missing() -> None:
    asked = approval(required=3)
    assert gate.standing(asked) == "It waits for 3 more approvals."
    once = gate.decide(asked, ballot(by=DAN))
    assert gate.standing(once) == f"{DAN} approved it. It waits for 2 more approvals."


def test_sentences_give_instants_in_whole_seconds() -> None:
    asked = approval(expires_at="2026-07-01T10:30:00.250Z")
    decided = replace(
        asked, status=gate.APPROVED, decided_by="Ada", decided_at="2026-07-01T09:31:02.999Z"
    )
    expired = gate.expire(asked, "2026-07-01T10:30:01.001Z")
    assert gate.standing(decided) == "Ada approved it at 2026-07-01 09:31:02 UTC."
    assert gate.standing(expired).endswith("it expired at 2026-07-01 10:30:01 UTC.")
    assert gate.time_left(asked, START).endswith("until 2026-07-01 10:30:00 UTC.")
    assert gate.time_left(asked, "2026-07-01T10:30:00.250Z").endswith(
        "ended at 2026-07-01 10:30:00 UTC."
    )


@pytest.mark.parametrize(
    "wrong",
    [{"answer": "maybe"}, {"comment": "x" * 1_001}],
    ids=["no answer", "a long comment"],
)
def test_a_ballot_that_cannot_count(wrong: dict[str, str]) -> None:
    with pytest.raises(gate.BadBallotError):
        Ballot.parse(**{"answer": "approve", "comment": ""} | wrong, by=ADA, at=START)


def test_a_comment_holds_nothing_that_nobody_sees() -> None:
    typed = " fine\u202e\x1b[31m\n\ttoo\x00\ud800 "
    assert Ballot.parse(answer="reject", by=ADA, comment=typed, at=START).comment == (
        "fine[31m\n\ttoo"
    )


def test_records_tell_how_somebody_is_known() -> None:
    vote = ballot(by=DAN)
    assert Ballot.from_record(vote.as_record()) == vote
    assert vote.as_record()["how"] == "signed"
    old = {"answer": "approve", "by": ADA.name, "comment": "", "at": START}
    assert Ballot.from_record(old).by.how == BY_LINK
