"""A record is forgotten when it is old and at rest, and never before."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.runs.retention import is_forgotten

DAY = "2026-07-01T00:00:00.000Z"
LONG_AGO = "2026-01-01T00:00:00.000Z"
LATELY = "2026-07-02T00:00:00.000Z"

RUN = {"pk": "RUN#r", "sk": "RUN", "notice": "SENT", "ended_at": LONG_AGO}
FILE = {
    "pk": "FILE#b#v#k",
    "sk": "CLAIM",
    "state": "SETTLED",
    "disposition": "archived",
    "claimed_at": LONG_AGO,
}
APPROVAL = {
    "pk": "APPROVAL#a",
    "sk": "APPROVAL",
    "callback": "SENT",
    "created_at": LONG_AGO,
}
INVITATION = {
    "pk": "INVITATION#i",
    "sk": "INVITATION",
    "open": "INVITATION",
    "expires_at": LONG_AGO,
}


@pytest.mark.parametrize(
    ("record", "forgotten"),
    [
        pytest.param(RUN, True, id="a run that was told"),
        pytest.param(RUN | {"ended_at": LATELY}, False, id="a run of late"),
        pytest.param(RUN | {"notice": "PENDING", "open": "RUN"}, False, id="a run nobody heard of"),
        pytest.param(RUN | {"ended_at": None}, False, id="a run without an end"),
        pytest.param(FILE, True, id="a file that was archived"),
        pytest.param(FILE | {"claimed_at": LATELY}, False, id="a file of late"),
        pytest.param(FILE | {"state": "FAILED", "open": "FILE"}, False, id="a file that waits"),
        pytest.param(FILE | {"state": "LEFT"}, False, id="a file that a person left"),
        pytest.param(FILE | {"disposition": "unreadable"}, False, id="a file that is still there"),
        pytest.param(APPROVAL, True, id="a question that was answered"),
        pytest.param(APPROVAL | {"callback": "PENDING"}, False, id="an answer nobody heard"),
        pytest.param(APPROVAL | {"open": "APPROVAL"}, False, id="a question that is open"),
        pytest.param(INVITATION, True, id="a link that expired long ago"),
        pytest.param(INVITATION | {"expires_at": LATELY}, False, id="a link that expired of late"),
        pytest.param({"pk": "ORDER#b#k", "sk": LONG_AGO, "versions": []}, True, id="an old second"),
        pytest.param({"pk": "ORDER#b#k", "sk": LATELY, "versions": []}, False, id="a new second"),
        pytest.param({"pk": "ASTRAY#b#f", "sk": "2026-01-01"}, True, id="an old day"),
        pytest.param({"pk": "RUN#r", "sk": "LOAD#000000"}, False, id="a part goes with its run"),
        pytest.param({"pk": "DATASET#d", "sk": "LAST", "ended_at": LONG_AGO}, False, id="the last"),
        pytest.param({"pk": "ERASURE#d", "sk": LONG_AGO}, False, id="what was erased"),
        pytest.param({"pk": "UNKNOWN#d", "sk": LONG_AGO}, False, id="what nobody knows"),
    ],
)
def test_a_record_is_forgotten_when_it_is_old_and_at_rest(
    record: dict[str, Any], *, forgotten: bool
) -> None:
    assert is_forgotten(record, DAY) is forgotten
