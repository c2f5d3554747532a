"""Valid values that look odd, found in SQL: bits beside each verdict tell which rules they meet.

Most rows are not odd, and that is seen by comparing the first character of a cell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import duckdb

from conversion.split_text import SplitText
from pipeline.contracts.constraints import NUMERIC
from pipeline.contracts.rules import Rules
from pipeline.text.oddities import Oddity

RULES_PER_COLUMN = 30
"""Each rule has a bit of a 32-bit number."""

_LOST_SIGNS = "^ *(?:[+]|-?0[0-9])"


@dataclass(frozen=True, kw_only=True, slots=True)
class OddRule:
    """What of a field looks odd, as a condition on its column.

    Where `usual` holds, the condition does not: one comparison rules most rows out.
    """

    kind: str
    field: str
    usual: str
    condition: str


def odd_rules(rules: Rules, columns: Sequence[str | None]) -> list[OddRule]:
    """Return the rules that apply to the fields of which a file has the columns."""
    return [
        rule
        for field in rules["fields"]
        if field["name"] in columns
        for rule in _of_field(rules, field, f"c{columns.index(field['name'])}")
    ]


def _of_field(rules: Rules, field: Rules, column: str) -> Iterator[OddRule]:
    if field["type"] in NUMERIC and field["type"] != "year":
        yield OddRule(
            kind="lost_zeros",
            field=field["name"],
            usual=f"{column} >= '1'",
            condition=f"CASE WHEN {column} >= '-1' AND {column} < '-:' THEN false"
            f" ELSE {column} < '1' AND regexp_matches({column}, '{_LOST_SIGNS}') END",
        )
    if field["name"] in rules["key"] and field["type"] == "string":
        yield OddRule(
            kind="blanks_in_key",
            field=field["name"],
            usual=f"NOT suffix({column}, ' ') AND {column} >= '!'",
            condition=f"suffix({column}, ' ') OR prefix({column}, ' ')",
        )


def odd_columns(rules: Sequence[OddRule]) -> list[str]:
    """Return the expressions of `odd0`, `odd1`, …: 0 for rows that are not valid, or not odd."""
    return [
        f"CASE WHEN line IS NULL OR ({_all_usual(group)}) THEN 0 ELSE {_bits(group)} END::INTEGER"
        f" AS odd{number}"
        for number, group in enumerate(_groups(rules))
    ]


def _all_usual(rules: Sequence[OddRule]) -> str:
    return " AND ".join(rule.usual for rule in rules)


def _groups(rules: Sequence[OddRule]) -> list[Sequence[OddRule]]:
    starts = range(0, len(rules), RULES_PER_COLUMN)
    return [rules[start : start + RULES_PER_COLUMN] for start in starts]


def _bits(rules: Sequence[OddRule]) -> str:
    return " + ".join(
        f"CASE WHEN {rule.condition} THEN {1 << bit} ELSE 0 END" for bit, rule in enumerate(rules)
    )


def oddities(
    connection: duckdb.DuckDBPyConnection,
    rules: Sequence[OddRule],
    text: SplitText,
    lost: Collection[int],
) -> list[Oddity]:
    """Return what looks odd among the rows of the table `verdicts` that are delivered."""
    found = list(_found(connection, rules, lost))
    places, find = {}, text.finder()
    for ordinal in sorted({ordinal for _, _, ordinal in found}):
        places[ordinal], _ = find(ordinal)
    return [
        Oddity(kind=rule.kind, column=rule.field, count=count, first_line=places[ordinal])
        for rule, count, ordinal in found
    ]


def _found(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[OddRule], lost: Collection[int]
) -> Iterator[tuple[OddRule, int, int]]:
    for number, group in enumerate(_groups(rules)):
        [(bits,)] = connection.execute(f"SELECT bit_or(odd{number}) FROM verdicts").fetchall()
        for bit, rule in enumerate(group):
            if not (bits or 0) >> bit & 1:
                continue
            query = (
                f"SELECT count(*), min(ordinal) FROM verdicts WHERE (odd{number} >> {bit}) & 1 = 1"
                " AND ordinal NOT IN (SELECT unnest(?::BIGINT[]))"
            )
            [(count, ordinal)] = connection.execute(query, [sorted(lost)]).fetchall()
            if count:
                yield rule, count, ordinal
