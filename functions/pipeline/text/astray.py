"""Records whose quotes are astray, read as well as can be, for a person to mend."""

from collections.abc import Mapping
from typing import Any

from pipeline.contracts.field import ASTRAY
from pipeline.text.plain_csv import csv_rows


def guessed_cells(raw: str, rules: Mapping[str, Any], columns: int) -> list[str]:
    """Return the cells that a record of so many columns may have, and one more that says so.

    So nobody's guess is loaded: the record has the wrong width until a person has mended it.
    """
    guessed = next(csv_rows([raw], rules["delimiter"], rules["quote"]), [""])
    return [*guessed, *[""] * (columns - len(guessed)), ASTRAY]
