"""Keys and unique values that occur twice in one file: who wins.

SQL finds the hashes that occur more than once; only rows with such a hash come here, as suspects,
and are compared by their delivered values. Winners are the first, or the last, valid rows.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.rules import Rules

Identity = tuple[str | None, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Uniqueness:
    """A rule across rows: `column` is None for the primary key."""

    column: str | None
    names: tuple[str, ...]


def uniqueness_rules(rules: Rules) -> list[Uniqueness]:
    """Return the rules across rows in the order in which errors list them."""
    unique = [
        Uniqueness(column=f["name"], names=(f["name"],)) for f in rules["fields"] if f["unique"]
    ]
    return [*unique, Uniqueness(column=None, names=tuple(rules["key"]))]


def losers(
    suspects: Iterable[tuple[int, bytes]], rules: Sequence[Uniqueness], *, last: bool
) -> dict[int, list[str | None]]:
    """Return the records that lose, each with the columns (None: the key) of which another wins.

    Suspects are valid rows given as (ordinal, JSON), in order.
    """
    winners: dict[Identity, int] = {}
    lost: dict[int, set[str | None]] = {}
    for ordinal, row in suspects:
        for identity in _identities(row, rules):
            previous = winners.setdefault(identity, ordinal)
            if previous != ordinal:
                loser, winners[identity] = (previous, ordinal) if last else (ordinal, previous)
                lost.setdefault(loser, set()).add(identity[0])
    order = [rule.column for rule in rules]
    return {ordinal: [c for c in order if c in columns] for ordinal, columns in lost.items()}


def _identities(row: bytes, rules: Sequence[Uniqueness]) -> list[Identity]:
    values = json.loads(row, parse_int=str, parse_float=str)
    return [
        (rule.column, tuple(str(values[name]) for name in rule.names))
        for rule in rules
        if all(name in values for name in rule.names)
    ]
