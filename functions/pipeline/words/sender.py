"""What came of a file, in the words of whoever sent it: no ids, places or people of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.printable import printable
from pipeline.runs.settlement import DUPLICATE, EXPIRED, FAILED, LOADED, REFUSED, REJECTED

_AGAIN = "Please correct the file and send it again."
_VERDICTS: Mapping[str, tuple[str, str]] = {
    DUPLICATE: ("We had this file already.", "You need not do anything."),
    REFUSED: ("The file was not taken over.", f"Nothing of it was loaded. {_AGAIN}"),
    REJECTED: (
        "The file was looked at and not taken over.",
        f"Nothing of it was loaded. {_AGAIN}",
    ),
    EXPIRED: (
        "The file has not been taken over yet.",
        "It has to be looked at first. You need not do anything; we shall come back to you.",
    ),
    FAILED: (
        "The file could not be processed.",
        "The fault is on our side. You need not do anything; we shall try again.",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The heading and what the sender is to do."""

    is_good: bool
    heading: str
    todo: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a rejected row stands and what is wrong with it, without its values."""

    line: str
    columns: str
    reasons: tuple[str, ...]


def verdict(
    status: str, *, rows_in: int = 0, valid: int = 0, rejected: int = 0, is_known: bool = False
) -> Verdict:
    """Return what came of a file whose run ended as `status`, with its rows.

    `is_known`: none of the rows has changed anything.
    """
    if status != LOADED:
        heading, todo = _VERDICTS[status]
        return Verdict(is_good=status == DUPLICATE, heading=heading, todo=todo)
    if rejected:
        heading = f"{valid:,} of {rows_in:,} rows were taken over, {rejected:,} were not."
        todo = "Please correct the rows below and send them again; the others need not come again."
        return Verdict(is_good=False, heading=heading, todo=todo)
    heading = f"All {valid:,} rows were taken over." if valid != 1 else "The row was taken over."
    if is_known:
        heading = f"All {valid:,} rows were known already: nothing has changed."
    return Verdict(is_good=True, heading=heading, todo="You need not do anything.")


def sentence(text: str) -> str:
    """Return a text with a capital letter in front.

    >>> sentence("the file is empty"), sentence("")
    ('The file is empty', '')
    """
    return f"{text[:1].upper()}{text[1:]}"


def place_of(row: Mapping[str, Any]) -> Place:
    """Return where a rejected row stands, which may be in no line of the file, and why."""
    columns = dict.fromkeys(error["column"] or "(whole row)" for error in row["errors"])
    return Place(
        line=f"{row['line']:,}" if row["line"] is not None else f"record {row['record']:,}",
        columns=", ".join(columns),
        reasons=tuple(printable(error["message"]) for error in row["errors"]),
    )
