"""Contracts as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.contracts.contract import Contract
from sluice.contracts.words import columns, sentences


def contract(**sluice: Any) -> Contract:
    fields = [
        {"name": "id", "type": "integer", "constraints": {"minimum": 1}},
        {"name": "name", "constraints": {"required": True, "maxLength": 40}},
        {"name": "since", "type": "date"},
    ]
    return Contract.parse(
        {
            "name": "orders",
            "schema": {"fields": fields, "primaryKey": ["id"]},
            "sluice": {"table": "OrdersTable", "write_mode": "newer-wins", **sluice},
        }
    )


def test_columns_tell_kind_and_limits() -> None:
    told = {column.name: (column.kind, column.limits) for column in columns(contract())}
    assert told == {
        "id": ("whole number", ("key", "must have a value", "at least 1")),
        "name": ("text", ("must have a value", "at most 40 characters")),
        "since": ("date (%Y-%m-%d)", ()),
    }


@pytest.mark.parametrize(
    ("sluice", "told"),
    [
        pytest.param({}, "A person is asked if any row is rejected.", id="asks above nothing"),
        pytest.param(
            {"quality": {"ask_above": {"rows": 5, "ratio": 0.1}}},
            "A person is asked if more than 5 rows are or more than 0.1 of the rows is rejected.",
            id="asks above either",
        ),
        pytest.param(
            {"quality": {"refuse_above": {"ratio": 0.5}}},
            "The file is refused if more than 0.5 of the rows is rejected.",
            id="refuses",
        ),
        pytest.param(
            {"approval": {"always": True}}, "A person decides about every file.", id="always asks"
        ),
        pytest.param({}, "A person is asked about a file without any row.", id="empty files"),
        pytest.param(
            {"quality": {"refuse_below": {"rows": 1000}}},
            "Refused is a file with fewer than 1,000 rows.",
            id="small files",
        ),
        pytest.param(
            {"quality": {"ask_beyond": {"volume": 0.5}}},
            "A person is asked about a file with 50% more or fewer rows than usual.",
            id="unusual files",
        ),
        pytest.param(
            {"quality": {"ask_beyond": {"missing": 0.1}}},
            "A person is asked about a run that lacks values in 10 more of 100 rows than usual.",
            id="missing values",
        ),
    ],
)
def test_sentences_tell_when_somebody_is_asked(sluice: dict[str, Any], told: str) -> None:
    assert told in sentences(contract(**sluice))
