"""Whose rows are meant, and whether a row, a record or a text is one of them. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Self

from pipeline.contracts.canonical import canonical_number
from pipeline.contracts.constraints import NUMERIC
from pipeline.contracts.contract import Contract
from pipeline.contracts.dialect import Dialect
from pipeline.text.plain_csv import csv_rows
from pipeline.text.record_reader import RecordReader
from sluice.erasure.sent_text import BROKEN, lines_of, unpacked
from sluice.terminal.exits import OperatorError


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """The key of rows of one dataset, or the first part of a key of two."""

    contract: Contract
    values: tuple[str, ...]
    """As the table holds them: texts, and numbers in their one form."""

    @classmethod
    def of(cls, contract: Contract, values: Sequence[str]) -> Self:
        """Read a key as a person types it.

        Raises:
            OperatorError: the key has more parts than the contract's, or is no number where that
                is one.
        """
        names = contract.primary_key
        if not 1 <= len(values) <= len(names):
            raise OperatorError(f"the key of {contract.dataset} is {' + '.join(names)}")
        types = contract.key_types
        try:
            texts = tuple(
                canonical_number(value) if types[name] in NUMERIC else value
                for name, value in zip(names, values, strict=False)
            )
        except ValueError as error:
            raise OperatorError(str(error)) from error
        return cls(contract=contract, values=texts)

    @property
    def key(self) -> dict[str, str]:
        """The names that are given, each with its value."""
        return dict(zip(self.contract.primary_key, self.values, strict=False))

    def may_hold(self, text: bytes) -> bool:
        """False if no row in a text, however it is written, can be one of them."""
        return any(part in text for part in _spelled(self.values[0]))

    def in_row(self, row: Mapping[str, Any]) -> bool:
        """Tell of a JSON row, or of an item, whose values have types."""
        return all(_text(row.get(name)) == value for name, value in self.key.items())

    def in_cells(self, columns: Sequence[str | None], cells: Sequence[str]) -> bool:
        """Tell of a CSV record; where its cells do not fit the columns, any cell may be the key."""
        if len(columns) != len(cells):
            return all(any(self._same(n, c) for c in cells) for n in self.key)
        by_name = dict(zip(columns, cells, strict=True))
        return all(self._same(name, by_name.get(name, "")) for name in self.key)

    def in_raw(
        self, columns: Sequence[str | None], raw: str, dialect: Dialect | None = None
    ) -> bool:
        """Tell of a record as it stands in a file, also of one that cannot be read."""
        cells = RecordReader(dialect or self.contract.dialect).cells(raw)
        if cells is None:
            return all(value in raw for value in self.values)
        return self.in_cells(columns, cells)

    def in_file(self, body: IO[bytes], *, is_source: bool = False) -> int:
        """Count the records of a file, or of the text that a run made of it.

        Of what is no plain CSV with a header, lines count that may be such records. A file that
        cannot be read to its end counts as holding one at least: nobody can tell.
        """
        count = 0
        try:
            for is_meant in self._judged(unpacked(body), is_source=is_source):
                count += is_meant
        except BROKEN:
            return max(count, 1)
        return count

    def _judged(self, body: io.BufferedReader, *, is_source: bool) -> Iterator[bool]:
        """Tell of each record of a text, or of each line."""
        dialect = self.contract.dialect
        if not dialect.is_canonical or dialect.header_rows != (1,):
            dialect = dialect.canonical if is_source else dialect
            for line in lines_of(body, dialect.encoding):
                yield self.in_raw((), line, dialect)
            return
        records = self._records(io.TextIOWrapper(body, "utf-8-sig", "replace", newline=""))
        columns = next(records, [])
        for cells in records:
            yield self.in_cells(columns, cells)

    def without_records(self, text: str) -> tuple[str, int]:
        """A mendable CSV without the records that are meant, and how many they were."""
        columns, *records = self._records(io.StringIO(text, newline=""))
        kept = [cells for cells in records if not self.in_cells(columns, cells)]
        dialect, target = self.contract.dialect.canonical, io.StringIO(newline="")
        writer = csv.writer(
            target, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator="\n"
        )
        writer.writerows([columns, *kept])
        return target.getvalue(), len(records) - len(kept)

    def _records(self, text: Iterable[str]) -> Iterator[list[str]]:
        dialect = self.contract.dialect.canonical
        return csv_rows(text, dialect.delimiter, dialect.quote)

    def _same(self, name: str, cell: str) -> bool:
        wanted, plain = self.key[name], cell.removeprefix("'")
        numbers = {field.name: field.number for field in self.contract.fields}
        number = numbers.get(name)
        return wanted in (cell, plain) or bool(number and number.canonical(cell) == wanted)


def _text(value: object) -> str | None:
    """A row's value, or an item's with its type, as the table's text of it."""
    if isinstance(value, Mapping):
        value = next(iter(value.values()), None)
    return None if value is None else str(value)


def _spelled(value: str) -> Iterator[bytes]:
    """The ways in which JSON and CSV may write a value; of a number its digits."""
    yield value.encode()
    yield json.dumps(value)[1:-1].encode()
    yield json.dumps(value, ensure_ascii=False)[1:-1].encode()
    yield value.replace('"', '""').encode()
