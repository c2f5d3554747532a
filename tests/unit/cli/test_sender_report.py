"""What a sender reads first, for each way in which a run can end."""

from __future__ import annotations

import pytest

from sluice.runs.run import TERMINAL, Counts
from sluice.runs.sender_report import verdict


def counts(**numbers: int) -> Counts:
    return Counts.from_numbers(numbers)


@pytest.mark.parametrize(
    ("status", "numbers", "heading"),
    [
        pytest.param(
            "LOADED",
            {"rows_in": 10, "valid": 10, "rejected": 0, "loaded": 10},
            "All 10 rows were taken over.",
            id="all",
        ),
        pytest.param(
            "LOADED",
            {"rows_in": 1200, "valid": 1000, "rejected": 200, "loaded": 1000},
            "1,000 of 1,200 rows were taken over, 200 were not.",
            id="some",
        ),
        pytest.param(
            "LOADED",
            {"rows_in": 5, "valid": 5, "rejected": 0, "replayed": 5},
            "All 5 rows were known already: nothing has changed.",
            id="nothing new",
        ),
        pytest.param("REFUSED", {}, "The file was not taken over.", id="refused"),
    ],
)
def test_the_heading_says_it(status: str, numbers: dict[str, int], heading: str) -> None:
    assert verdict(status, counts(**numbers)).heading == heading


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_every_end_tells_the_sender_what_to_do(status: str) -> None:
    told = verdict(status, counts(rows_in=1, valid=1, loaded=1))
    assert told.todo
    assert "run" not in f"{told.heading} {told.todo}".split(), "a word of ours"
