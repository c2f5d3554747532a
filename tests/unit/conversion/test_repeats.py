"""Which of the rows that share a key, or a unique value, win."""

from __future__ import annotations

import pytest

from conversion.repeats import Uniqueness, losers

RULES = [Uniqueness(column="mail", names=("mail",)), Uniqueness(column=None, names=("a", "b"))]


@pytest.mark.parametrize(
    ("rows", "first", "last"),
    [
        pytest.param(
            ['{"a":1,"b":"x"}', '{"a":1,"b":"y"}'], {}, {}, id="a suspect may be innocent"
        ),
        pytest.param(
            ['{"a":1,"b":"x"}', '{"a":1,"b":"x"}', '{"a":1,"b":"x"}'],
            {4: [None], 6: [None]},
            {2: [None], 4: [None]},
            id="one of three wins",
        ),
        pytest.param(
            ['{"a":1,"b":"x","mail":"m"}', '{"a":2,"b":"x","mail":"m"}', '{"a":1,"b":"x"}'],
            {4: ["mail"], 6: [None]},
            {2: ["mail", None]},
            id="each rule has its own winner, columns come in the order of the rules",
        ),
        pytest.param(
            ['{"a":1.0,"b":"x"}', '{"a":"1.0","b":"x"}'],
            {4: [None]},
            {2: [None]},
            id="as delivered",
        ),
    ],
)
def test_losers(
    rows: list[str], first: dict[int, list[str | None]], last: dict[int, list[str | None]]
) -> None:
    suspects = [(2 * n + 2, row.encode()) for n, row in enumerate(rows)]
    assert losers(suspects, RULES, last=False) == first
    assert losers(suspects, RULES, last=True) == last
