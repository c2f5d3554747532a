"""Keys and unique values that occur twice in one file: who wins.

SQL finds the hashes that occur more than once; only rows with such a hash come here, as suspects,
and are compared by their delivered values. Winners are the first, or the last, valid rows.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Winners:
    """The winning record of each identity that suspects share."""

    rules: Sequence[Uniqueness]
    ordinals: Mapping[Identity, int] = field(default_factory=dict)

    @classmethod
    def among(
        cls, suspects: Iterable[tuple[int, bytes]], rules: Sequence[Uniqueness], *, last: bool
    ) -> "Winners":
        """Return the winners among valid rows given as (ordinal, JSON), in order."""
        ordinals: dict[Identity, int] = {}
        for ordinal, row in suspects:
            for identity in _identities(row, rules):
                if last or identity not in ordinals:
                    ordinals[identity] = ordinal
        return cls(rules=rules, ordinals=ordinals)

    def broken(self, ordinal: int, row: bytes) -> list[str | None]:
        """Return the columns (None: the key) in which another row is the winner."""
        return [
            identity[0]
            for identity in _identities(row, self.rules)
            if self.ordinals[identity] != ordinal
        ]


def _identities(row: bytes, rules: Sequence[Uniqueness]) -> list[Identity]:
    values = json.loads(row, parse_int=str, parse_float=str)
    return [
        (rule.column, tuple(str(values[name]) for name in rule.names))
        for rule in rules
        if all(name in values for name in rule.names)
    ]
