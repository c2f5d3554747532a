"""What became of a run's rows, in words: the same in lists, messages and pages."""

from __future__ import annotations

from collections.abc import Mapping

NAMES = (
    "rows_in", "valid", "rejected", "loaded", "replayed", "superseded", "duplicates", "warnings",
)  # fmt: skip
"""Counts in the order in which they are told."""

LISTED = NAMES[:6]
"""Counts that lists have a column for; duplicates within a run are told with the run."""

_ALWAYS = frozenset({"rows_in", "valid"})


def in_words(counts: Mapping[str, int | None]) -> str:
    """Return the counts that are known, without outcomes that no row had.

    >>> in_words({"rows_in": 10, "valid": 9, "rejected": 1, "loaded": 9, "replayed": 0})
    '10 in, 9 valid, 1 rejected, 9 loaded'
    >>> in_words({"rows_in": 10, "valid": 10, "rejected": 0, "warnings": 2})
    '10 in, 10 valid, 2 warnings'
    """
    told = [
        f"{number} {name.removeprefix('rows_')}"
        for name in NAMES
        if (number := counts.get(name)) or (number is not None and name in _ALWAYS)
    ]
    return ", ".join(told)


def news(counts: Mapping[str, int | None]) -> str:
    """Return what a loaded run has changed.

    >>> news({"loaded": 0, "replayed": 200})
    'nothing new: 200 rows were there'
    >>> news({"loaded": 5, "replayed": 1, "superseded": 2, "rejected": 3})
    "5 rows, 1 were there, 2 were older than the table's, 3 rejected"
    """
    loaded, replayed, superseded, rejected = (
        counts.get(name) or 0 for name in ("loaded", "replayed", "superseded", "rejected")
    )
    there = f"{replayed} {'were' if loaded else 'rows were'} there"
    older = f"{superseded} {'were' if loaded or replayed else 'rows were'} older than the table's"
    unchanged = [words for number, words in ((replayed, there), (superseded, older)) if number]
    if loaded or not unchanged:
        told = ", ".join([f"{loaded} rows", *unchanged])
    else:
        told = f"nothing new: {', '.join(unchanged)}"
    return f"{told}, {rejected} rejected" if rejected else told
