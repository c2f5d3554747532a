"""How many rows broke which rule, counted from the rejected rows themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sluice.runs.reports import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokenRule:
    """A rule, the number of rows that broke it, and what the first of them was told."""

    column: str | None
    rule: str
    rows: int
    message: str


def broken_rules(rejected: Iterable[Document]) -> list[BrokenRule]:
    """The rules that rejected rows broke, the most frequent first; a row counts once for each."""
    rows: Counter[tuple[str | None, str]] = Counter()
    messages: dict[tuple[str | None, str], str] = {}
    for row in rejected:
        broken = {(error["column"], error["rule"]): None for error in row["errors"]}
        rows.update(broken.keys())
        for error in row["errors"]:
            messages.setdefault((error["column"], error["rule"]), error["message"])
    return [
        BrokenRule(column=column, rule=rule, rows=count, message=messages[column, rule])
        for (column, rule), count in rows.most_common()
    ]
