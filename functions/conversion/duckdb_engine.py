"""A manifest converted by DuckDB: the same rows, rejects and report as the Glue job's.

SQL decides which records are valid and writes those; the few that are not are judged again in
Python (`pipeline.row_judge`), which words their errors. If the two disagree, the run fails.
"""

import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from conversion.outputs import PartWriter, Sink
from conversion.rejects import FileRejects, RejectLog
from conversion.repeats import losers, uniqueness_rules
from conversion.survey import Surveyor, reconcile
from conversion.text_stream import Texts, texts
from pipeline.errors import EngineError
from pipeline.report import FileCounts, Outcome

_AHEAD_BYTES = 32 * 1024 * 1024
"""What DuckDB may have ready beforehand, so that it works while parts are digested and kept."""

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """Where an engine works: a folder for temporary files and its share of the machine."""

    folder: Path
    memory_bytes: int | None = None
    threads: int | None = None


def convert(
    manifest: Document, sources: Sequence[Path], sink: Sink, workshop: Workshop, parts_key: str
) -> Outcome:
    """Convert local copies of the manifest's files, in its order; parts go to the sink.

    Raises:
        ReconciliationError: The records are not those that the validator counted.
        EngineError: DuckDB failed.
    """
    started = time.monotonic()
    rejects = RejectLog.of(manifest, sink)
    valid = PartWriter(
        sink=sink,
        kind="valid",
        max_rows=manifest["rows_per_part"],
        compress=manifest["output_compression"] == "gzip",
    )
    with _connection(workshop) as connection, _without_values():
        conversion = _Conversion(
            manifest=manifest,
            connection=connection,
            folder=workshop.folder,
            valid=valid,
            rejects=rejects,
        )
        pairs = zip(manifest["files"], sources, strict=True)
        files = [conversion.file(document, path) for document, path in pairs]
    rejects.flush()
    return Outcome(
        engine="duckdb",
        engine_version=duckdb.__version__,
        seconds=time.monotonic() - started,
        files=files,
        broken=rejects.broken,
        sample=rejects.sample,
        parts=valid.parts,
        rejected_parts=rejects.rows.parts,
        rejected_csv=rejects.mendable.parts,
        parts_key=parts_key,
    )


@contextmanager
def _without_values() -> Iterator[None]:
    """Name DuckDB's errors without the rows that they quote."""
    try:
        yield
    except duckdb.Error as error:
        summary = str(error).partition("Original Line")[0].partition("\n")[0][:200]
        raise EngineError(f"{type(error).__name__}: {summary}") from None


def _connection(workshop: Workshop) -> duckdb.DuckDBPyConnection:
    settings: dict[str, Any] = {
        "temp_directory": str(workshop.folder),
        "preserve_insertion_order": True,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if workshop.memory_bytes:
        settings["memory_limit"] = f"{workshop.memory_bytes}B"
    if workshop.threads:
        settings["threads"] = workshop.threads
    connection = duckdb.connect(config=settings)
    connection.execute(f"SET streaming_buffer_size = '{_AHEAD_BYTES}B'")
    return connection


@dataclass(frozen=True, kw_only=True, slots=True)
class _Conversion:
    manifest: Document
    connection: duckdb.DuckDBPyConnection
    folder: Path
    valid: PartWriter
    rejects: RejectLog

    def file(self, file: Document, path: Path) -> FileCounts:
        """Convert one file."""
        if file["records"] == 0:
            return FileCounts(rows_in=0, valid=0)
        rules = self.manifest["rules"]
        surveyor = Surveyor(connection=self.connection, rules=rules, folder=self.folder)
        reading = surveyor.reading(file, path)
        lost: dict[int, list[str | None]] = {}
        if reading.has_repeats:
            suspects = self._texts(surveyor.suspects_query(reading, file["columns"]))
            is_last = rules["on_duplicate_key"] == "last"
            lost = losers(_suspects(suspects), uniqueness_rules(rules), last=is_last)
        rejects = FileRejects(self.manifest, file, reading.records, self.rejects)
        verdicts = self._texts(surveyor.verdicts_query(reading, file["columns"]))
        return self._collect(file, verdicts, rejects, lost)

    def _texts(self, query: str) -> Iterator[Texts]:
        return texts(self.connection, query)

    def _collect(
        self,
        file: Document,
        verdicts: Iterator[Texts],
        rejects: FileRejects,
        lost: Mapping[int, list[str | None]],
    ) -> FileCounts:
        """Sort verdicts into parts; the n-th is the verdict on the n-th record."""
        rows_in = valid = 0
        repeats = sorted(lost)
        for batch in verdicts:
            bad = _positions(batch, rows_in, repeats)
            for at, end in pairwise([-1, *bad, batch.rows]):
                self.valid.add_rows(batch, at + 1, end, file["index"])
                if end < batch.rows:
                    ordinal = rows_in + end + 1
                    if ordinal in lost:
                        rejects.repeats(ordinal, lost[ordinal])
                    else:
                        rejects.broke_rules(ordinal)
            rows_in += batch.rows
            valid += batch.rows - len(bad)
        self.valid.flush(file["index"])
        reconcile(file, rows_in)
        return FileCounts(rows_in=rows_in, valid=valid)


def _positions(batch: Texts, rows_before: int, repeats: list[int]) -> list[int]:
    """Return the rows of a batch that are not delivered, ascending."""
    first, end = rows_before + 1, rows_before + batch.rows + 1
    repeated = repeats[bisect_left(repeats, first) : bisect_left(repeats, end)]
    if not repeated:
        return list(batch.absent)
    return sorted([*batch.absent, *(ordinal - first for ordinal in repeated)])


def _suspects(batches: Iterator[Texts]) -> Iterator[tuple[int, bytes]]:
    """Return the rows that are there, each with the ordinal of its record."""
    rows_before = 0
    for batch in batches:
        absent = set(batch.absent)
        for row in range(batch.rows):
            if row not in absent:
                text = bytes(batch.data[batch.ends[row] : batch.ends[row + 1]])
                yield rows_before + row + 1, text
        rows_before += batch.rows
