from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.strict.numbers import InvalidNumberError, canonical


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("0", "0"), ("-0", "0"), ("0.000", "0"), ("007", "7"), ("+1", "1"), ("1.50", "1.5"),
        ("1E2", "100"), ("1e-3", "0.001"), ("-.5", "-0.5"), ("9" * 38, "9" * 38),
        ("1" + "0" * 60, "1" + "0" * 60), ("0." + "0" * 50 + "12", "0." + "0" * 50 + "12"),
        ("9.9999999999999999999999999999999999999E+125", "9" * 38 + "0" * 88),
        ("1E-130", "0." + "0" * 129 + "1"),
    ],
)  # fmt: skip
def test_numbers_come_back_as_plain_digits(text: str, stored: str) -> None:
    assert canonical(text) == stored


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1" * 39, "more than 38 significant digits"),
        ("0." + "1" * 39, "more than 38 significant digits"),
        ("1E126", "Number overflow"),
        ("-1E126", "Number overflow"),
        ("1E-131", "Number underflow"),
        ("NaN", "cannot be converted to a numeric value: NaN"),
        ("Infinity", "cannot be converted"),
        ("", "cannot be converted to a numeric value"),
        ("1_000", "cannot be converted"),
        ("\u0661", "cannot be converted"),
        ("1,5", "cannot be converted"),
    ],
)
def test_what_dynamodb_cannot_keep_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidNumberError, match=reason):
        canonical(text)


@given(
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-130, 87),
)
def test_the_value_is_kept_and_a_second_look_changes_nothing(digits: int, exponent: int) -> None:
    number = Decimal(digits).scaleb(exponent)
    stored = canonical(str(number))
    assert Decimal(stored) == number
    assert canonical(stored) == stored
    assert "E" not in stored.upper()
