"""A first draft of a contract from a file: how it is read, what its columns are, what its key is.

A draft is a question, not an answer: a person decides what is required, what the key is, and when
the gate asks. Whatever the file leaves open is said in a remark.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pipeline.contracts.contract import Contract
from pipeline.errors import FileRefusedError
from sluice.contracts.dialects import Readable, dialect_members, loses_values, remarks_on
from sluice.contracts.encodings import Encoding, encoding_of
from sluice.contracts.evidence import constraints_of, is_complete
from sluice.contracts.guesses import Column, Guess, Habits, guess
from sluice.contracts.keys import Candidate, Key, choose_key
from sluice.contracts.layout import Layout, layout_of
from sluice.contracts.reading import HEAD_LINES, LoneReturnError, lines_of, records, speech_of
from sluice.contracts.texts import pieces_of, texts_of

MAX_ROWS = 1_000_000
"""So many rows are looked at unless told otherwise; they are held in memory."""

_EARLY_ROWS = 4
"""Rows at the top that may belong to the header instead."""

_ENOUGH_ROWS = 10
"""With fewer rows a first one without values is no sign of anything."""

_DOCUMENTS = (("<", "html", "HTML or XML"), ("{", "json", "JSON"), ("[", "json", "JSON"))

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A contract, what a person should know about it, and what its constraints rest on."""

    document: Document
    remarks: tuple[str, ...]
    evidence: tuple[str, ...]
    rows: int | None
    """How many rows the file has; None if not all were looked at."""
    is_partial: bool
    """Whether only a person can tell that it is right, or columns with values were left out."""


def draft(
    path: Path,
    name: str,
    *,
    encoding: str | None = None,
    header_line: int | None = None,
    max_rows: int = MAX_ROWS,
) -> Draft:
    """Return a contract that the rows of a file meet, as far as they can be met.

    Raises:
        FileRefusedError: The file is no CSV that the pipeline could read.
        ContractError: Its header cannot be the fields of a contract.
    """
    drafted = _drafted(name, _read(path, encoding, header_line, max_rows))
    Contract.parse(drafted.document)
    return drafted


def _read(path: Path, encoding: str | None, header_line: int | None, max_rows: int) -> Readable:
    found = Encoding(name=encoding, is_certain=True) if encoding else encoding_of(pieces_of(path))
    line_end, lines = lines_of(texts_of(path, found.name))
    head = list(islice(lines, HEAD_LINES))
    _refuse_documents(head)
    try:
        speech = speech_of(head, line_end)
        told = list(islice(records(chain(head, lines), speech), max_rows + 1))
    except LoneReturnError as error:
        raise FileRefusedError("carriage_return", str(error)) from None
    except csv.Error as error:
        raise FileRefusedError("unreadable", f"its records cannot be told apart: {error}") from None
    layout = layout_of(told[:max_rows], header_line)
    if layout is None:
        raise FileRefusedError("empty", "the file has only line ends: at least a header is needed")
    return Readable(encoding=found, speech=speech, layout=layout, rows_left=len(told) > max_rows)


def _refuse_documents(head: Sequence[str]) -> None:
    """Refuse what is no table, by its first character."""
    text = "".join(head).lstrip()
    for start, code, what in _DOCUMENTS:
        if text.startswith(start):
            raise FileRefusedError(code, f"the file is {what}, not CSV")


def _drafted(name: str, file: Readable) -> Draft:
    columns = list(_columns(file.layout))
    guesses = _guesses(columns)
    named = [(c, g) for c, g in zip(columns, guesses, strict=True) if c.name in file.named]
    fields, evidence = _fields(named)
    key = _key(file, columns, guesses)
    absent = sorted({""}.union(*(g.absent for _, g in named)))
    early = list(_early(file, named))
    remarks = [*remarks_on(file), *early, *(said for _, g in named for said in g.remarks)]
    return Draft(
        document=_document(name, file, fields, absent, key),
        remarks=tuple([*remarks, key.remark] if key.remark else remarks),
        evidence=tuple(evidence),
        rows=None if file.rows_left else len(file.layout.rows),
        is_partial=loses_values(file) or bool(early) or file.encoding.rival is not None,
    )


def _document(
    name: str, file: Readable, fields: list[Document], absent: Sequence[str], key: Key
) -> Document:
    for one in fields:
        if one["name"] in key.names:
            one.setdefault("constraints", {})["required"] = True
    encoding, dialect, rows, match = dialect_members(file)
    names = key.names[0] if len(key.names) == 1 else list(key.names)
    return {
        "name": name,
        "encoding": encoding,
        "dialect": dialect,
        "schema": {
            "fields": fields,
            **({"primaryKey": names} if names else {}),
            "missingValues": list(absent),
            **match,
        },
        "sluice": {
            "table": f"{name.title().replace('_', '').replace('-', '')}Table",
            "write_mode": "newer-wins",
            "on_duplicate_key": "reject",
            **({"generated_key": key.generated} if key.generated else {}),
            "quality": {"ask_above": {"rows": 0}},
            **rows,
        },
    }


def _early(file: Readable, named: Sequence[tuple[Column, Guess]]) -> Iterator[str]:
    """Say that the first rows look like part of the header, where they alone do not fit a type."""
    first = [record.line for record in file.layout.rows[:_EARLY_ROWS]]
    lines = [g.odd_lines for _, g in named if g.odd_lines]
    if lines and all(line in first for line in lines[0]):
        yield (
            f"line {max(lines[0])} and those above it may be titles and header: if so, say "
            f"--header-line {max(lines[0])} (dialect.headerRows)"
        )
    if _lacks_values_first(file, named):
        yield (
            f"line {first[0]} alone has no value where all other rows have one: if it is part of"
            " the header, list it in dialect.headerRows and name the fields by both lines"
        )


def _lacks_values_first(file: Readable, named: Sequence[tuple[Column, Guess]]) -> bool:
    """Tell whether the first row, and no other, has texts only where others have values."""
    rows = file.layout.rows
    typed = [c for c, g in named if g.type != "string"]
    if not typed or len(rows) < _ENOUGH_ROWS or rows[0].filled < len(named) - len(typed):
        return False
    return all(c.texts[""] == 1 and c.first_lines[""] == rows[0].line for c in typed)


def _columns(layout: Layout) -> Iterator[Column]:
    for at, name in enumerate(layout.names):
        texts: Counter[str] = Counter()
        lines: dict[str, int] = {}
        for record in layout.rows:
            text = record.cells[at] if at < len(record.cells) else ""
            texts[text] += 1
            lines.setdefault(text, record.line)
        yield Column(name=name, texts=texts, first_lines=lines)


def _guesses(columns: Sequence[Column]) -> list[Guess]:
    """Return what each column is: first by itself, then by what the others showed.

    A text that one column takes for no value stays what it is where another has it as a value.
    """
    alone = [guess(column, Habits()) for column in columns]
    habits = Habits(
        decimals=frozenset().union(*(g.habits.decimals for g in alone)),
        month_first=frozenset().union(*(g.habits.month_first for g in alone)),
    )
    found = [
        guess(column, habits) if first.is_undecided else first
        for column, first in zip(columns, alone, strict=True)
    ]
    texts = {
        text
        for column, g in zip(columns, found, strict=True)
        for text in column.present
        if text not in g.absent
    }
    return [_unless_a_text(c, g, texts) for c, g in zip(columns, found, strict=True)]


def _unless_a_text(column: Column, found: Guess, texts: set[str]) -> Guess:
    clash = sorted(found.absent & texts) if found.type != "string" else []
    if not clash:
        return found
    said = (
        f"{column.name} stays text: {clash[0]!r} stands for no value in it, and is a value"
        " elsewhere; missingValues holds for all columns"
    )
    return Guess(members={"type": "string"}, remarks=(said,))


def _fields(named: Sequence[tuple[Column, Guess]]) -> tuple[list[Document], list[str]]:
    fields, evidence = [], []
    for column, found in named:
        constraints, said = constraints_of(column, found)
        one: Document = {"name": column.name, **found.members}
        fields.append({**one, "constraints": constraints} if constraints else one)
        evidence += said
    required = [f["name"] for f in fields if f.get("constraints", {}).get("required")]
    if required:
        rows = named[0][0].rows
        evidence.insert(0, f"required: {', '.join(required)} (no empty cell in {rows:,} rows)")
    return fields, evidence


def _key(file: Readable, columns: Sequence[Column], guesses: Sequence[Guess]) -> Key:
    """Return the key; of a file without rows the first column."""
    rows = file.layout.rows
    if not rows:
        return Key(names=tuple(file.named[:1]))
    repeats = len(rows) - len({tuple(record.cells) for record in rows})
    return choose_key(_candidates(file, columns, guesses), len(rows), repeats)


def _candidates(
    file: Readable, columns: Sequence[Column], guesses: Sequence[Guess]
) -> list[Candidate]:
    """Return the columns that can be part of a key: those of which each row has a value."""
    return [
        Candidate(
            name=column.name,
            type=found.type,
            cells=[r.cells[at] if at < len(r.cells) else "" for r in file.layout.rows],
        )
        for at, (column, found) in enumerate(zip(columns, guesses, strict=True))
        if column.name in file.named and is_complete(column, found)
    ]
