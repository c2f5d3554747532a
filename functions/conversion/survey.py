"""The first look of DuckDB at a file: which reader sees its records, and may any repeat?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from conversion.judging_sql import identity_sql, verdicts_sql
from conversion.reading_sql import lines_sql, native_sql
from conversion.records import Records, as_they_are, needs_rewriting, rewritten
from conversion.repeats import uniqueness_rules
from pipeline.errors import ReconciliationError
from pipeline.rules import Rules


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A file's records, the relation that reads them, and whether values may repeat."""

    records: Records
    relation: str
    has_repeats: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Surveyor:
    """Chooses the reader of each file; rewritten files go to `folder`."""

    connection: duckdb.DuckDBPyConnection
    rules: Rules
    folder: Path

    def reading(self, file: Mapping[str, Any], path: Path) -> Reading:
        """Return how to read a file: DuckDB's reader, where it sees what the validator counted.

        Raises:
            ReconciliationError: No reader sees the records that the validator counted.
        """
        if not file["stray_quotes"]:
            as_is = not needs_rewriting(file)
            records = as_they_are(path, file) if as_is else self._rewritten(path, file)
            relation = native_sql(records, self.rules, file["columns"])
            try:
                rows, has_repeats = self._counts(relation, file["columns"])
            except duckdb.InvalidInputException:
                rows, has_repeats = -1, False
            if rows == file["records"]:
                return Reading(records=records, relation=relation, has_repeats=has_repeats)
        records = self._rewritten(path, file)
        relation = lines_sql(records, self.rules, file["columns"])
        rows, has_repeats = self._counts(relation, file["columns"])
        reconcile(file, rows)
        return Reading(records=records, relation=relation, has_repeats=has_repeats)

    def verdicts_query(self, reading: Reading, columns: Sequence[str | None]) -> str:
        """Return the query whose n-th row is the verdict on the n-th record."""
        return verdicts_sql(self.rules, columns, reading.relation)

    def suspects_query(self, reading: Reading, columns: Sequence[str | None]) -> str:
        """Return the same query for those records only that may repeat; NULL for all others."""
        repeated = " OR ".join(self._repeated(reading, columns))
        return verdicts_sql(self.rules, columns, reading.relation, only=repeated)

    def _repeated(self, reading: Reading, columns: Sequence[str | None]) -> list[str]:
        """Write down the hashes that occur more than once; return the tests for them."""
        tests = []
        for number, rule in enumerate(uniqueness_rules(self.rules)):
            identity = identity_sql(self.rules, columns, rule.names)
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE repeated{number} AS SELECT {identity} AS h"
                f" FROM {reading.relation} GROUP BY h HAVING h IS NOT NULL AND count(*) > 1"
            )
            tests.append(f"coalesce({identity} IN (SELECT h FROM repeated{number}), false)")
        return tests

    def _counts(self, relation: str, columns: Sequence[str | None]) -> tuple[int, bool]:
        """Return the number of records and whether a key or unique value may occur twice."""
        rules = uniqueness_rules(self.rules)
        identities = [identity_sql(self.rules, columns, rule.names) for rule in rules]
        counts = ", ".join(f"count(h{n}), count(DISTINCT h{n})" for n in range(len(identities)))
        hashes = ", ".join(f"{identity} AS h{n}" for n, identity in enumerate(identities))
        found = self.connection.execute(
            f"SELECT count(*), count(*) FILTER (WHERE fits), {counts}"
            f" FROM (SELECT fits, {hashes} FROM {relation})"
        ).fetchall()[0]
        rows, _, *pairs = found
        return rows, any(a != b for a, b in zip(pairs[::2], pairs[1::2], strict=True))

    def _rewritten(self, path: Path, file: Mapping[str, Any]) -> Records:
        return rewritten(path, file, self.rules["quote"], self.folder / "records.csv")


def reconcile(file: Mapping[str, Any], rows: int) -> None:
    """Hold a number of records against the validator's.

    Raises:
        ReconciliationError: They differ.
    """
    if rows != file["records"]:
        message = f"file {file['index']}: the validator counted {file['records']} records"
        raise ReconciliationError(f"{message}, the conversion {rows}")
