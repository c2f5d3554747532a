"""What a sender is told: the file's own facts, in words that need no knowledge of the pipeline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.door.fate import Account, fate
from pipeline.runs.records import Claim, RunRecord, SettledFile
from pipeline.runs.settlement import Reason
from pipeline.words.sender import Place

CLAIM = Claim(
    bucket="landing", key="incoming/o/invited/7f/0/a.csv", version_id="v1", owner="arn",
    run_id="r1", dataset="o", state="CLAIMED",
)  # fmt: skip
RUN = RunRecord(run_id="r1", dataset="o", trigger="s3", execution_arn="arn", status="RUNNING")
ARCHIVED = replace(CLAIM, state="SETTLED", disposition="archived")
QUARANTINED = replace(CLAIM, state="SETTLED", disposition="quarantined")
PLACES = (Place(line="3", columns="id", reasons=("id has no value",)),)
WHOLE = Account(rows_in=5, valid=5, rejected=0)
PART = Account(rows_in=5, valid=4, rejected=1, places=PLACES)


@pytest.mark.parametrize(
    ("claim", "run", "account", "state", "heading"),
    [
        pytest.param(None, None, None, "arrived", "Your file has arrived.", id="no run yet"),
        pytest.param(CLAIM, RUN, None, "checking", "Your file is being checked.", id="a run"),
        pytest.param(
            CLAIM,
            replace(RUN, approval_id="a1"),
            None,
            "waiting",
            "Your file was checked, and waits for a person.",
            id="a person is asked",
        ),
        pytest.param(
            ARCHIVED, replace(RUN, status="LOADED"), WHOLE, "accepted",
            "All 5 rows were taken over.", id="whole",
        ),
        pytest.param(
            ARCHIVED, replace(RUN, status="LOADED"), PART, "partly",
            "4 of 5 rows were taken over, 1 were not.", id="in part",
        ),
        pytest.param(
            ARCHIVED, replace(RUN, status="LOADED"), None, "accepted",
            "Your file was taken over.", id="the report is gone",
        ),
        pytest.param(
            QUARANTINED, replace(RUN, status="REFUSED"), PART, "refused",
            "The file was not taken over.", id="by the gate",
        ),
        pytest.param(
            QUARANTINED, replace(RUN, status="LOADED"), None, "refused",
            "The file was not taken over.", id="others of the run were loaded",
        ),
        pytest.param(
            QUARANTINED, replace(RUN, status="REJECTED"), PART, "refused",
            "The file was looked at and not taken over.", id="by a person",
        ),
        pytest.param(
            QUARANTINED, replace(RUN, status="EXPIRED"), PART, "held",
            "The file has not been taken over yet.", id="nobody answered",
        ),
        pytest.param(
            replace(CLAIM, state="FAILED", disposition="kept"), replace(RUN, status="FAILED"), None,
            "held", "The file could not be processed.", id="our fault",
        ),
        pytest.param(
            QUARANTINED, replace(RUN, status="FAILED"), None,
            "held", "The file could not be processed.", id="our fault, three times",
        ),
    ],
)  # fmt: skip
def test_each_end_has_its_words(
    claim: Claim | None, run: RunRecord | None, account: Account | None, state: str, heading: str
) -> None:
    told = fate(claim, run, account)
    assert (told.state, told.heading) == (state, heading)
    assert told.may_send_again is (state in {"partly", "refused"})
    assert told.todo


def test_a_refused_file_is_told_with_line_column_and_reason() -> None:
    told = fate(QUARANTINED, replace(RUN, status="REFUSED"), PART).as_document()
    assert told["counts"] == {"rows_in": 5, "valid": 4, "rejected": 1}
    assert told["rows"] == [{"line": "3", "columns": "id", "reason": "id has no value"}]


REASON = Reason(code="too_many_rejected", message="6 of 10 rows are rejected")
TWO_FILES = tuple(
    SettledFile(key=key, version_id="v1", disposition="quarantined") for key in ("a", "b")
)


def test_a_reason_that_counts_other_senders_rows_is_not_told() -> None:
    alone = replace(RUN, status="REFUSED", reason=REASON, files=TWO_FILES[:1])
    assert fate(QUARANTINED, alone, PART, REASON).reason == REASON.message
    together = replace(alone, files=TWO_FILES)
    assert fate(QUARANTINED, together, PART, REASON).reason == ""
    own = Reason(code="header", message="the header lacks id")
    assert fate(QUARANTINED, together, None, own).reason == "The header lacks id"


def test_an_account_is_that_of_the_file_and_of_no_other() -> None:
    numbers = {"rows_in": 2, "valid": 1, "rejected": 1}
    other = {"key": CLAIM.key, "version_id": "v0", "rows_in": 9, "valid": 9, "rejected": 0}
    mine = {"key": CLAIM.key, "version_id": "v1", **numbers}
    assert Account.of({"files": [other, mine]}, CLAIM, ()) == Account(**numbers)
    assert Account.of({"files": [other]}, CLAIM, ()) is None
    assert Account.of({}, CLAIM, ()) is None
