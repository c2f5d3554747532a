"""Constraints that the rows of a file speak for, each with the words that say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sluice.contracts.guesses import Column, Guess

REQUIRED_ROWS = 20
ENUM_ROWS = 200
ENUM_TEXTS = 12
ENUM_ROWS_OF_EACH = 5
MINIMUM_ROWS = 200
"""With fewer rows than these, chance is as good an explanation."""


def constraints_of(column: Column, guess: Guess) -> tuple[dict[str, Any], list[str]]:
    """Return the constraints of a field, and what they rest on."""
    found = dict(_constraints(column, guess))
    said = []
    if "enum" in found:
        said.append(f"enum: {len(found['enum'])} texts in {column.rows:,} rows")
    if "minimum" in found:
        said.append(f"minimum 0: no value below in {column.rows:,} rows")
    return found, [f"{column.name}: {words}" for words in said]


def is_complete(column: Column, guess: Guess) -> bool:
    """Tell whether each row has a value."""
    return column.rows > 0 and not any(column.texts[text] for text in {"", *guess.absent})


def _constraints(column: Column, guess: Guess) -> Iterator[tuple[str, Any]]:
    if is_complete(column, guess) and column.rows >= REQUIRED_ROWS:
        yield "required", True
    texts = [text for text in column.present if text not in guess.absent]
    is_listed = guess.type == "string" and column.rows >= ENUM_ROWS and 1 < len(texts) <= ENUM_TEXTS
    if is_listed and all(column.texts[text] >= ENUM_ROWS_OF_EACH for text in texts):
        yield "enum", sorted(texts)
    is_number = guess.type in {"integer", "number"} and column.rows >= MINIMUM_ROWS
    if is_number and not any("-" in text or "(" in text for text in texts):
        yield "minimum", 0
