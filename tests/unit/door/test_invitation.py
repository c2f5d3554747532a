"""Who may send what, how often and until when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.door.invitation import (
    ACCEPTED,
    MAX_TRIES,
    BadFileError,
    Invitation,
    InvitationOverError,
    check_size,
)
from pipeline.gate.gate import digest_of
from pipeline.layout import dataset_of

NOW = "2026-07-01T00:00:00.000Z"
LATER = "2026-07-08T00:00:00.000Z"
INVITATION = Invitation(
    invitation_id="7f3a",
    dataset="orders",
    created_at=NOW,
    created_by="arn:aws:iam::123456789012:user/ada",
    expires_at=LATER,
    left_alone="_*,*.tmp",
    secret_sha256=digest_of("secret"),
)


def asked(invitation: Invitation, name: str = "a.csv", now: str = NOW) -> Invitation:
    return invitation.asking(name, now=now)


def test_each_try_has_a_key_of_its_own_below_the_dataset() -> None:
    twice = asked(asked(INVITATION), "July 2026.csv")
    assert [each.key for each in twice.tries] == [
        "incoming/orders/invited/7f3a/0/a.csv",
        "incoming/orders/invited/7f3a/1/July_2026.csv",
    ]


@given(st.text(min_size=1, max_size=255))
def test_no_name_leads_out_of_the_invitations_folder(name: str) -> None:
    """Whatever stands in it: slashes, dots, what S3 or a browser would take for a variable."""
    [made] = replace(INVITATION, left_alone="").asking(name, now=NOW).tries
    head, _, last = made.key.rpartition("/")
    assert (head, dataset_of(made.key)) == ("incoming/orders/invited/7f3a/0", "orders")
    assert last
    assert "$" not in last


@pytest.mark.parametrize(
    ("invitation", "now", "said"),
    [
        pytest.param(INVITATION, LATER, "expired at 2026-07-08 00:00:00 UTC", id="expired"),
        pytest.param(INVITATION.used(), NOW, "has been used", id="used"),
        pytest.param(
            replace(INVITATION, tries=asked(INVITATION).tries * MAX_TRIES),
            NOW,
            "10 times",
            id="tries",
        ),
    ],
)
def test_an_invitation_ends(invitation: Invitation, now: str, said: str) -> None:
    with pytest.raises(InvitationOverError, match=said):
        asked(invitation, now=now)


def test_its_state_tells_whether_something_can_be_sent() -> None:
    tried = replace(INVITATION, tries=asked(INVITATION).tries * MAX_TRIES)
    states = [each.state(NOW) for each in (INVITATION, INVITATION.used(), tried)]
    assert states == ["OPEN", "ACCEPTED", "SPENT"]
    assert INVITATION.state(LATER) == "EXPIRED"


@pytest.mark.parametrize("name", ["_a.csv", "a.TMP", "a/b/_c.csv"])
def test_a_name_that_no_run_takes_is_told_at_once(name: str) -> None:
    with pytest.raises(BadFileError, match="left alone"):
        asked(INVITATION, name)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        pytest.param(0, "is empty", id="empty"),
        pytest.param(2_000_001, "has 2.0 MB, and at most 2.0 MB are taken", id="too large"),
    ],
)
def test_a_size_that_is_not_taken_is_told_at_once(size: int, said: str) -> None:
    with pytest.raises(BadFileError, match=said):
        check_size(size, max_bytes=2_000_000)
    check_size(2_000_000, max_bytes=2_000_000)


def test_only_the_links_secret_opens_it() -> None:
    assert INVITATION.accepts("secret")
    assert not INVITATION.accepts("")
    assert "secret" not in repr(INVITATION)


def test_a_version_is_noted_once() -> None:
    sent = asked(INVITATION).sent("v1")
    assert sent.tries[-1].version_id == "v1"
    assert sent.sent("v2") == sent


def test_a_record_gives_the_invitation_back() -> None:
    for invitation in (INVITATION, asked(INVITATION).sent("v1").used()):
        assert Invitation.from_item(invitation.as_record()) == invitation
    assert INVITATION.used().status == ACCEPTED
