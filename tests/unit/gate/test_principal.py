from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.principal import (
    BY_LINK,
    MAX_NAME_CHARACTERS,
    SIGNED,
    Principal,
    UnusableNameError,
    is_identity,
)

HOME = "123456789012"
SSO_ROLE = "AWSReservedSSO_PowerUserAccess_0123456789abcdef"
SSO = f"arn:aws:sts::{HOME}:assumed-role/{SSO_ROLE}/ada.augusta.king.countess@lovelace.example"


@pytest.mark.parametrize(
    ("arn", "name", "session"),
    [
        pytest.param(
            f"arn:aws:iam::{HOME}:user/staff/Ada", f"arn:aws:iam::{HOME}:user/staff/Ada", "",
            id="a user stands for itself",
        ),
        pytest.param(
            f"arn:aws:sts::{HOME}:assumed-role/Operator/Ada",
            f"arn:aws:iam::{HOME}:role/Operator", "Ada",
            id="a session stands for its role",
        ),
        pytest.param(
            SSO, f"arn:aws:iam::{HOME}:role/{SSO_ROLE}",
            "ada.augusta.king.countess@lovelace.example",
            id="single sign-on too, as long as it is",
        ),
        pytest.param(
            f"arn:aws:sts::{HOME}:federated-user/Ada", f"arn:aws:sts::{HOME}:federated-user", "Ada",
            id="whoever federates chooses the name",
        ),
        pytest.param(
            f"arn:aws-cn:iam::{HOME}:role/ci/Operator", f"arn:aws-cn:iam::{HOME}:role/Operator", "",
            id="sessions do not tell their role's path",
        ),
    ],
)  # fmt: skip
def test_who_signed(arn: str, name: str, session: str) -> None:
    who = Principal.signed(arn)
    assert (who.how, who.name, who.session) == (SIGNED, name, session)
    assert Principal.parse(who.as_record()) == who
    assert "(signed" in str(who)


def test_single_sign_on_makes_long_arns() -> None:
    assert len(SSO) > 125


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        pytest.param("  Ada\t Lovelace \n", "Ada Lovelace", id="blanks"),
        pytest.param("Ada\u200b", "Ada", id="zero-width space"),
        pytest.param("\u202eadA\u202c", "adA", id="bidi controls"),
        pytest.param("Ada\u3164", "Ada", id="Hangul filler"),
        pytest.param("Ada\ufe0f", "Ada", id="variation selector"),
        pytest.param("\uff21\uff44\uff41", "Ada", id="full width"),
        pytest.param("A\u0301da", "\u00c1da", id="composed"),
        pytest.param("O'Brien-Smith, J. R.", "O'Brien-Smith, J. R.", id="marks of names"),
        pytest.param("\u5c71\u7530 \u592a\u90ce", "\u5c71\u7530 \u592a\u90ce", id="no alphabet"),
        pytest.param("ada@example.com", "ada@example.com", id="an address"),
    ],
)
def test_a_typed_name_is_what_it_looks_like(typed: str, name: str) -> None:
    assert Principal.by_link(typed).name == name


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(" \u200b\n", id="nothing to see"),
        pytest.param("x" * (MAX_NAME_CHARACTERS + 1), id="long"),
        pytest.param(f"arn:aws:iam::{HOME}:user/Ada", id="poses as an ARN"),
        pytest.param("Ada (signed)", id="poses as signed"),
        pytest.param("\u0410da", id="Cyrillic A among Latin letters"),
        pytest.param("Ad\u03b1", id="Greek alpha among Latin letters"),
        pytest.param("Ada\x00", id="NUL"),
        pytest.param("Ada\x1b]52;c;AAAA\x07", id="terminal escape"),
        pytest.param("Ada \ud800", id="lone surrogate"),
        pytest.param("<b>Ada</b>", id="markup"),
    ],
)
def test_a_name_that_would_be_read_wrongly_is_refused(typed: str) -> None:
    with pytest.raises(UnusableNameError):
        Principal.by_link(typed)


@given(st.text(max_size=120))
def test_a_name_that_is_accepted_is_plain_and_proves_nothing(typed: str) -> None:
    try:
        who = Principal.by_link(typed)
    except UnusableNameError:
        return
    assert who.how == BY_LINK
    assert not {unicodedata.category(c) for c in who.name} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert Principal.by_link(who.name) == who
    assert not who.is_same_as(who)


@pytest.mark.parametrize(
    ("requester", "is_uploader"),
    [
        pytest.param(f"arn:aws:iam::{HOME}:role/Producer", True, id="the role itself"),
        pytest.param(f"arn:aws:sts::{HOME}:assumed-role/producer/x", True, id="any session of it"),
        pytest.param(f"arn:aws:iam::{HOME}:role/Other", False, id="another role"),
        pytest.param(HOME, False, id="the own account tells nothing"),
        pytest.param("210987654321", False, id="another account"),
        pytest.param("s3.amazonaws.com", False, id="a service"),
        pytest.param("", False, id="unknown"),
    ],
)
def test_who_dropped_the_file(requester: str, is_uploader: bool) -> None:
    who = Principal.signed(f"arn:aws:sts::{HOME}:assumed-role/Producer/ada")
    assert who.is_uploader(requester, home=HOME) is is_uploader
    assert who.is_uploader(HOME, home="210987654321")
    assert not Principal.by_link("Producer").is_uploader(requester, home=HOME)


@pytest.mark.parametrize(
    ("arn", "is_one"),
    [
        (f"arn:aws:iam::{HOME}:role/aws-reserved/sso.amazonaws.com/eu-central-1/{SSO_ROLE}", True),
        (f"arn:aws:iam::{HOME}:user/Ada", True),
        (f"arn:aws:iam::{HOME}:root", True),
        (SSO, False),
        ("Ada", False),
        (f"arn:aws:iam::{HOME}:role/", False),
    ],
)
def test_identities_that_a_contract_may_name(arn: str, is_one: bool) -> None:
    assert is_identity(arn) is is_one
