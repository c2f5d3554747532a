"""The key of a table: the column, or the two, by which all rows of a file differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

MAX_PAIRED_COLUMNS = 20
"""Columns of which pairs are tried: keys stand in front."""

NEARLY_SHARE = 0.05
"""A column is nearly a key if it repeats in at most so many of the rows."""

TELLING_ROWS = 100
"""Rows by which a column tells a file's rows apart by more than chance, whatever its name."""

_KEY_TYPES = ("string", "integer", "year", "date", "datetime", "time")
_WHY = {
    "content": "keys are made from the content, so that equal rows are one item",
    "position": "some rows are equal, so keys are made from the position: each row is an item, "
    "again with each new file",
}

_KEY_NAMES = re.compile(
    r"(?:^|[^a-z])(?:id|nr|no|num|number|nummer|key|code|uuid|guid|ref|isbn|sku|handle)(?:$|[^a-z])"
    r"|id$|nr$|_?key$|code$|nummer$|number$|^n°$|^№$",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A column of which each row has a value."""

    name: str
    type: str
    cells: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One or two fields; or none, how keys are made, and why."""

    names: tuple[str, ...] = ()
    generated: str = ""
    remark: str = ""


def choose_key(candidates: Sequence[Candidate], rows: int, repeats: int) -> Key:
    """Return the key of so many rows, of which some repeat others."""
    names = find_key(candidates, rows)
    if names:
        return Key(names=names, remark=_doubt(names, rows) or _nearly(candidates, names, rows))
    generated = "position" if repeats else "content"
    said = [f"no column and no pair of columns tells the rows apart: {_WHY[generated]}"]
    if near := nearest_key(candidates, rows):
        said.append(f"{near[0]} nearly does, but repeats in {near[1]:,} of {rows:,} rows")
    said.append("say sluice.generated_key or schema.primaryKey otherwise")
    return Key(generated=generated, remark="; ".join(said))


def _doubt(names: tuple[str, ...], rows: int) -> str:
    """What to say of a key that a later file may repeat: it is known by few rows, not by name."""
    if rows >= TELLING_ROWS or any(map(_KEY_NAMES.search, names)):
        return ""
    return (
        f"the key {' + '.join(names)} tells apart {rows:,} rows only: if others may share it, "
        "say schema.primaryKey or sluice.generated_key otherwise"
    )


def _nearly(candidates: Sequence[Candidate], names: tuple[str, ...], rows: int) -> str:
    """What to say of a pair of which one tells nearly all rows apart: a repeat may be a mistake."""
    pair = [candidate for candidate in candidates if candidate.name in names]
    near = nearest_key(pair, rows) if len(names) > 1 else None
    if near is None:
        return ""
    return (
        f"the key is {' + '.join(names)}, as {near[0]} alone repeats in {near[1]:,} of"
        f" {rows:,} rows: if those are mistakes, say schema.primaryKey: {near[0]}"
    )


def find_key(candidates: Sequence[Candidate], rows: int) -> tuple[str, ...]:
    """Return the names of one or two columns by which all rows differ; none if there are none.

    Columns that are named like keys come first, then texts, whole numbers and days in the order of
    the file; numbers with fractions differ by chance.
    """
    usable = [c for c in candidates if c.type in _KEY_TYPES]
    ranked = sorted(usable, key=lambda c: not _KEY_NAMES.search(c.name))
    for candidate in ranked:
        if len(set(candidate.cells)) == rows:
            return (candidate.name,)
    for first, second in _pairs(usable[:MAX_PAIRED_COLUMNS], rows):
        if len(set(zip(first.cells, second.cells, strict=True))) == rows:
            return first.name, second.name
    return ()


def nearest_key(candidates: Sequence[Candidate], rows: int) -> tuple[str, int] | None:
    """Return the column that nearly tells all rows apart, and in how many rows it repeats."""
    repeats = {c.name: rows - len(set(c.cells)) for c in candidates if c.type in _KEY_TYPES}
    if not repeats:
        return None
    name = min(repeats, key=lambda name: repeats[name])
    return (name, repeats[name]) if repeats[name] <= rows * NEARLY_SHARE else None


def _pairs(columns: Sequence[Candidate], rows: int) -> Iterator[tuple[Candidate, Candidate]]:
    """Return the pairs that have enough different values to be a key."""
    differing = {column.name: len(set(column.cells)) for column in columns}
    for first, second in combinations(columns, 2):
        if differing[first.name] * differing[second.name] >= rows:
            yield first, second
