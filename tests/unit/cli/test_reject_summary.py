"""How many rows broke which rule."""

from __future__ import annotations

from typing import Any

from sluice.runs.reject_summary import BrokenRule, broken_rules


def rejected(*errors: tuple[str | None, str, str]) -> dict[str, Any]:
    return {"errors": [{"column": c, "rule": r, "message": m} for c, r, m in errors]}


def test_a_row_counts_once_for_each_rule_and_the_first_message_stays() -> None:
    rows = [
        rejected((None, "structure", "too few")),
        rejected(("a", "type", "first"), ("a", "type", "again"), ("b", "enum", "no")),
        rejected(("a", "type", "other")),
    ]
    assert broken_rules(rows) == [
        BrokenRule(column="a", rule="type", rows=2, message="first"),
        BrokenRule(column=None, rule="structure", rows=1, message="too few"),
        BrokenRule(column="b", rule="enum", rows=1, message="no"),
    ]
    assert broken_rules([]) == []
