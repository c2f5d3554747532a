"""Which of the rows that share a key, or a unique value, lose."""

from __future__ import annotations

import pytest

from conversion.repeats import Suspect, Uniqueness, columns_lost, losers

RULES = [Uniqueness(column="mail", names=("mail",)), Uniqueness(column=None, names=("a", "b"))]


@pytest.mark.parametrize(
    ("suspects", "first", "last"),
    [
        pytest.param([(1, ("x",)), (2, ("y",))], [], [], id="a suspect may be innocent"),
        pytest.param(
            [(6, ("x",)), (2, ("x",)), (4, ("x",))], [4, 6], [2, 4], id="one of three wins"
        ),
        pytest.param(
            [(1, ("x", "y")), (2, ("xy", "")), (3, ("x", "y"))], [3], [1], id="value by value"
        ),
    ],
)
def test_losers(suspects: list[Suspect], first: list[int], last: list[int]) -> None:
    assert losers(suspects, last=False) == first
    assert losers(suspects, last=True) == last


def test_values_are_compared_as_they_are_delivered() -> None:
    assert RULES[1].values(b'{"a":1.50,"b":"x","c":2}') == ("1.50", "x")


def test_columns_come_in_the_order_of_the_rules() -> None:
    assert columns_lost({1: [4, 2], 0: [4]}, RULES) == {2: [None], 4: ["mail", None]}
