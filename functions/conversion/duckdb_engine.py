"""A manifest converted by DuckDB: the same rows, rejects and report as the Glue job's.

SQL decides which records are valid and writes those; the few that are not are judged again in
Python (`pipeline.row_judge`), which words their errors. If the two disagree, the run fails.
"""

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from conversion.judging_sql import REJECTED, SUSPECT
from conversion.outputs import PartWriter, Sink
from conversion.piping import piped, spool
from conversion.rejects import FileRejects, RejectLog
from conversion.repeats import Winners, uniqueness_rules
from conversion.survey import Surveyor, reconcile
from pipeline.errors import EngineError
from pipeline.report import FileCounts, Outcome

_BLOCK_BYTES = 4 * 1024 * 1024
_REJECTED, _SUSPECT = REJECTED.encode(), SUSPECT.encode()
_VALID = ord("{")

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
    return duckdb.connect(config=settings)


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
        query = surveyor.verdicts_query(reading, file["columns"])
        rejects = FileRejects(self.manifest, file, reading.records, self.rejects)
        rows = self.folder / "rows"
        if not reading.has_repeats:
            with piped(self.connection, query, rows) as stream:
                return self._collect(file, stream, rejects, Winners(rules=()))
        spool(self.connection, query, rows)
        is_last = rules["on_duplicate_key"] == "last"
        with rows.open("rb") as stream:
            winners = Winners.among(_suspects(stream), uniqueness_rules(rules), last=is_last)
        with rows.open("rb") as stream:
            counts = self._collect(file, stream, rejects, winners)
        rows.unlink()
        return counts

    def _collect(
        self, file: Document, stream: BinaryIO, rejects: FileRejects, winners: Winners
    ) -> FileCounts:
        """Sort verdicts into parts; the n-th line is the verdict on the n-th record."""
        rows_in = valid = 0
        for lines in _blocks(stream):
            kept = _kept(lines, rows_in, rejects, winners)
            self.valid.add(kept, file["index"])
            rows_in += len(lines)
            valid += len(kept)
        self.valid.flush(file["index"])
        reconcile(file, rows_in)
        return FileCounts(rows_in=rows_in, valid=valid)


def _blocks(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Return the lines of a stream, many at a time."""
    rest = b""
    while block := stream.read(_BLOCK_BYTES):
        *lines, rest = (rest + block).split(b"\n")
        yield lines


def _kept(
    lines: list[bytes], rows_before: int, rejects: FileRejects, winners: Winners
) -> list[bytes]:
    """Return the valid rows among verdicts and tell the rejects of the others."""
    kept, at = [], 0
    for position in [n for n, line in enumerate(lines) if line[0] != _VALID]:
        kept += lines[at:position]
        at = position + 1
        line, ordinal = lines[position], rows_before + at
        if line == _REJECTED:
            rejects.broke_rules(ordinal)
        elif lost := winners.broken(ordinal, line[1:]):
            rejects.repeats(ordinal, lost)
        else:
            kept.append(line[1:])
    return kept + lines[at:] if at else lines


def _suspects(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    for ordinal, line in enumerate(itertools.chain.from_iterable(_blocks(stream)), start=1):
        if line.startswith(_SUSPECT):
            yield ordinal, line[1:]
