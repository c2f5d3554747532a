"""Keys and unique values that occur twice in one file: who wins.

Only hashes of all rows are compared. Rows whose hash occurs more than once are suspects; those
are compared by their delivered values, so that no row loses to a hash alone. Winners are the
first, or the last, valid rows of the file by their ordinals.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.contracts.rules import Rules

_FETCHED_ROWS = 100_000

Suspect = tuple[int, tuple[str, ...]]
"""The ordinal of a valid record, and its values as they are delivered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Uniqueness:
    """A rule across rows: `column` is None for the primary key."""

    column: str | None
    names: tuple[str, ...]

    def values(self, row: bytes) -> tuple[str, ...]:
        """Return the values that a delivered row, which has them all, competes with."""
        values = json.loads(row, parse_int=str, parse_float=str)
        return tuple(str(values[name]) for name in self.names)


def uniqueness_rules(rules: Rules) -> list[Uniqueness]:
    """Return the rules across rows in the order in which errors list them."""
    unique = [
        Uniqueness(column=f["name"], names=(f["name"],)) for f in rules["fields"] if f["unique"]
    ]
    return [*unique, Uniqueness(column=None, names=tuple(rules["key"]))]


def suspects_among(connection: duckdb.DuckDBPyConnection, hashes: Sequence[Path]) -> array[int]:
    """Return the ordinals, ascending, of rows whose hash occurs more than once in some files.

    The files are Parquet with the columns `ordinal` and `h`, all rows of one table together.
    """
    files = "[" + ", ".join(f"'{path}'" for path in hashes) + "]"
    repeated = f"SELECT h FROM read_parquet({files}) GROUP BY h HAVING count(*) > 1"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE repeated AS {repeated}")
    found = connection.execute(
        f"SELECT ordinal FROM read_parquet({files}) WHERE h IN (FROM repeated) ORDER BY ordinal"
    )
    ordinals = array("q")
    while rows := found.fetchmany(_FETCHED_ROWS):
        ordinals.extend(ordinal for (ordinal,) in rows)
    return ordinals


def losers(suspects: Iterable[Suspect], *, last: bool) -> list[int]:
    """Return the ordinals, ascending, of the suspects that lose to another with their values."""
    winners: dict[tuple[str, ...], int] = {}
    lost = []
    for ordinal, values in sorted(suspects):
        previous = winners.setdefault(values, ordinal)
        if previous != ordinal:
            loser, winners[values] = (previous, ordinal) if last else (ordinal, previous)
            lost.append(loser)
    return sorted(lost)


def columns_lost(
    lost: Mapping[int, Sequence[int]], rules: Sequence[Uniqueness]
) -> dict[int, list[str | None]]:
    """Return, for each record that loses by any rule's number, the columns by which it does."""
    found: dict[int, list[str | None]] = {}
    for number, rule in enumerate(rules):
        for ordinal in lost.get(number, ()):
            found.setdefault(ordinal, []).append(rule.column)
    return dict(sorted(found.items()))
