"""The one engine: a split's bytes in; parts, rejects, counts, digests and hashes of keys out.

A split is judged by one thread in file order, and each record's ordinal travels with its verdict.
SQL decides which records are valid and spells those; the few that are not are judged again in
Python (`pipeline.text.row_judge`), which words their errors. If the two disagree, the run fails.
Whoever converts a split twice writes the same objects.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from conversion.judging_sql import hash_column, verdicts_sql
from conversion.odd_values import odd_rules, oddities
from conversion.outputs import PartWriter, WrittenPart
from conversion.reading_sql import lines_sql, native_sql
from conversion.rejects import Rejects
from conversion.repeats import Suspect, suspects_among, uniqueness_rules
from conversion.split_text import SplitText, fetched
from conversion.splits import Split, columns_of, file_of
from conversion.storage import Storage, Uploads
from conversion.text_stream import Texts, texts
from conversion.workshop import Workshop
from pipeline.contracts.rules import Rules
from pipeline.errors import EngineError, ReconciliationError, TransientError
from pipeline.layout import PartKind, part_name
from pipeline.runs.report import Sample
from pipeline.text.oddities import Oddity

Lost = Mapping[int, Sequence[str | None]]
"""By ordinal, the columns (None: the key) by which a valid record loses to another one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What became of the records of one split."""

    split: Split
    valid: int
    parts: Sequence[WrittenPart]
    rejected_parts: Sequence[WrittenPart]
    rejected_csv: Sequence[WrittenPart]
    broken: Counter[tuple[str | None, str]]
    sample: Sample
    oddities: Sequence[Oddity]

    @property
    def names(self) -> list[str]:
        """Return the names of all objects that were written."""
        return [part.name for part in (*self.parts, *self.rejected_parts, *self.rejected_csv)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdicts:
    """A split with the verdicts on its records, in the table `verdicts` of a connection."""

    text: SplitText
    connection: duckdb.DuckDBPyConnection
    folder: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """Converts splits of a manifest's files; may be used by several threads at once."""

    manifest: Mapping[str, Any]
    storage: Storage
    workshop: Workshop

    def convert(self, split: Split, *, buckets: int) -> tuple[Judged, list[dict[int, bytes]]]:
        """Convert a split; also return the hashes of its valid rows, by rule and by bucket.

        Hashes are Parquet with the columns `ordinal` and `h`; equal values share a bucket, and
        one that no row falls into is absent.

        Raises:
            ReconciliationError: The records are not those that the validator counted.
            EngineError: DuckDB failed.
        """
        with self._judged(split) as verdicts:
            rules = range(len(uniqueness_rules(self.manifest["rules"])))
            hashes = [_hashes(verdicts, rule, buckets) for rule in rules]
            return self._written(verdicts, {}, judgement=0), hashes

    def convert_again(self, split: Split, lost: Lost, replaced: Sequence[str]) -> Judged:
        """Convert a split without the records that lose to others; its first objects go away."""
        with self._judged(split) as verdicts:
            judged = self._written(verdicts, lost, judgement=1)
        for name in replaced:
            self.storage.delete(name)
        return judged

    def values(self, split: Split, suspects: Mapping[int, Sequence[int]]) -> list[list[Suspect]]:
        """Return the values of some valid records, given as ordinals by the number of the rule."""
        rules = uniqueness_rules(self.manifest["rules"])
        found: list[list[Suspect]] = [[] for _ in rules]
        with self._judged(split) as verdicts:
            for first, batch in batches(verdicts):
                for number, ordinals in suspects.items():
                    start = bisect_left(ordinals, first)
                    for ordinal in ordinals[start : bisect_left(ordinals, first + batch.rows)]:
                        row = batch.row(ordinal - first)
                        found[number].append((ordinal, rules[number].values(row)))
        return found

    def suspects(self, hashes: Sequence[bytes]) -> Sequence[int]:
        """Return the ordinals of the rows of one bucket whose hash occurs more than once."""
        with self.workshop.bench() as (connection, folder):
            paths = [folder / str(number) for number in range(len(hashes))]
            for path, content in zip(paths, hashes, strict=True):
                path.write_bytes(content)
            return suspects_among(connection, paths)

    @contextmanager
    def _judged(self, split: Split) -> Iterator[Verdicts]:
        file = file_of(self.manifest, split.file_index)
        rules = self.manifest["rules"]
        with self.workshop.bench() as (connection, folder), named(file):
            text = fetched(self.storage, file, split, rules["quote"], folder / "text.csv")
            for relation in _relations(text, rules, file):
                query = verdicts_sql(
                    rules,
                    columns_of(file),
                    relation,
                    split.first_record,
                    source_version=file["source_version"],
                )
                if _finds(connection, query, split.records):
                    yield Verdicts(text=text, connection=connection, folder=folder)
                    return
            raise ReconciliationError(f"no reader finds {split.records} records in {split}")

    def _written(self, verdicts: Verdicts, lost: Lost, *, judgement: int) -> Judged:
        """Sort verdicts into parts."""
        split = verdicts.text.split
        name_of = partial(_name_of, split, judgement)
        with Uploads(self.storage) as uploads:
            valid = PartWriter(
                sink=uploads,
                name_of=partial(name_of, "valid"),
                max_rows=self.manifest["rows_per_part"],
                counted=self.manifest.get("counted", ()),
            )
            rejects = Rejects(self.manifest, verdicts.text, uploads, name_of)
            for first, batch in batches(verdicts):
                _sort(first, batch, lost, valid, rejects)
            valid.flush()
            rejects.flush()
        rules = self.manifest["rules"]
        odd = odd_rules(rules, file_of(self.manifest, split.file_index)["columns"])
        return Judged(
            split=split,
            valid=sum(part.rows for part in valid.parts),
            parts=valid.parts,
            rejected_parts=rejects.rows.parts,
            rejected_csv=rejects.mendable.parts,
            broken=rejects.broken,
            sample=rejects.sample,
            oddities=oddities(verdicts.connection, odd, verdicts.text, lost),
        )


@contextmanager
def named(file: Mapping[str, Any]) -> Iterator[None]:
    """Name the file in errors that are about it, as a full disk is not."""
    name = f"file {file['index']} ({file['key']})"
    try:
        yield
    except duckdb.IOException as error:
        raise TransientError(_summary(error)) from None
    except duckdb.Error as error:
        raise EngineError(f"{name}: {_summary(error)}") from None
    except (EngineError, ReconciliationError) as error:
        raise type(error)(f"{name}: {error}") from None


def _summary(error: duckdb.Error) -> str:
    """Return DuckDB's words without the rows that it quotes."""
    words = str(error).partition("Original Line")[0].partition("\n")[0][:200]
    return f"{type(error).__name__}: {words}"


def _relations(text: SplitText, rules: Rules, file: Mapping[str, Any]) -> Iterator[str]:
    """Return the readers of a text, the fast one first."""
    if not file["stray_quotes"]:
        yield native_sql(text.path, rules, columns_of(file))
    if not file["multiline"]:
        yield lines_sql(text.path, rules, columns_of(file), text.absent_character())


def _finds(connection: duckdb.DuckDBPyConnection, query: str, records: int) -> bool:
    """Write down the verdicts; tell whether they are on so many records."""
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE verdicts AS {query}")
    except duckdb.InvalidInputException:
        return False
    return connection.execute("SELECT count(*) FROM verdicts").fetchall() == [(records,)]


def _hashes(verdicts: Verdicts, rule: int, buckets: int) -> dict[int, bytes]:
    """Return the hashes of one rule, by bucket, of the records that compete."""
    column, path = hash_column(rule), verdicts.folder / f"hashes{rule}"
    chosen, competing = f"SELECT ordinal, {column} AS h", f"FROM verdicts WHERE {column} <> 0"
    form = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION uncompressed"
    if buckets == 1:
        verdicts.connection.execute(f"COPY ({chosen} {competing}) TO '{path}' ({form})")
        return {0: path.read_bytes()}
    verdicts.connection.execute(
        f"COPY ({chosen}, {column} % {buckets} AS bucket {competing})"
        f" TO '{path}' ({form}, PARTITION_BY bucket)"
    )
    return {
        int(file.parent.name.removeprefix("bucket=")): file.read_bytes()
        for file in path.glob("bucket=*/*.parquet")
    }


def batches(verdicts: Verdicts) -> Iterator[tuple[int, Texts]]:
    """Return lines in the order of the records, each batch with the ordinal of its first.

    Raises:
        EngineError: DuckDB delivered them in another order.
    """
    split, done = verdicts.text.split, 0
    due = _ascending(1 << split.records.bit_length())
    query = f"SELECT ordinal - {split.first_record}, line FROM verdicts"
    for batch in texts(verdicts.connection, query):
        if batch.numbers.tobytes() != due[done : done + batch.rows].tobytes():
            raise EngineError("the verdicts are not in the order of the records")
        yield split.first_record + done, batch
        done += batch.rows


@lru_cache(maxsize=1)
def _ascending(count: int) -> memoryview:
    """Return the numbers from 0 on; splits are of one size, so they are counted once."""
    return memoryview(array("q", range(count)))


def _sort(first: int, batch: Texts, lost: Lost, valid: PartWriter, rejects: Rejects) -> None:
    """Add the rows of a batch to the valid ones or to the rejects."""
    repeats = [n - first for n in lost if first <= n < first + batch.rows]
    bad = sorted([*batch.absent, *repeats])
    for at, end in pairwise([-1, *bad, batch.rows]):
        valid.add_rows(batch, at + 1, end)
        if end < batch.rows:
            ordinal = first + end
            if ordinal in lost:
                rejects.repeats(ordinal, lost[ordinal])
            else:
                rejects.broke_rules(ordinal)


def _name_of(split: Split, judgement: int, kind: PartKind, number: int) -> str:
    return part_name(
        kind, file=split.file_index, split=split.index, judgement=judgement, number=number
    )
