"""Errors of cells are worded in time that grows with the cell, whatever the pattern."""

from __future__ import annotations

import pytest

from conversion.re2_patterns import compiled
from pipeline.contracts.contract import Contract
from pipeline.contracts.rules import compile_rules
from pipeline.text.row_judge import RowJudge


@pytest.mark.parametrize("pattern", ["([A-Za-z]+ ?)+", "(a|a)*b", "(.*)*x", "([a-z]*){20}1"])
def test_a_cell_that_fails_is_judged_at_once(pattern: str) -> None:
    field = {"name": "name", "type": "string", "constraints": {"pattern": pattern}}
    contract = Contract.parse(
        {
            "name": "people",
            "schema": {"fields": [field], "primaryKey": "name"},
            "sluice": {"table": "PeopleTable"},
        }
    )
    judge = RowJudge(compile_rules(contract), ["name"], compiled)
    [error] = judge.judge("a" * 2_000 + "!").errors
    assert error["rule"] == "pattern"
