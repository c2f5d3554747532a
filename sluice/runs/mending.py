"""Rejected rows on their way to a person and back: a CSV with reasons, and what it was made of.

The first column says why; the others are the file's own, in its order. Formulas are disarmed for
spreadsheets, and restored when the file comes back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.contracts.contract import Contract
from pipeline.contracts.dialect import Dialect
from pipeline.contracts.field import REASON_COLUMN
from pipeline.layout import manifest_key, split_uri
from pipeline.rows.formulas import disarmed, for_a_spreadsheet, restored
from pipeline.text.astray import guessed_cells
from pipeline.text.file_text import head_of
from pipeline.text.header_rows import MAX_HEADER_BYTES, header_rows
from pipeline.text.object_check import EXTENSIONS, GZIP, MAGIC_BYTES, ZIP, Compression
from pipeline.text.plain_csv import csv_rows
from pipeline.text.record_reader import RecordReader
from pipeline.words.valued import with_value
from sluice.runs.reports import Document, read_document, read_report, rejected_rows
from sluice.runs.run import Run, RunFile
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError, OperatorError

_OTHER_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """The rejected rows of one file: how its cells are told apart, its header, its columns."""

    rules: Document
    dialect: Dialect
    header: Sequence[str]
    columns: Sequence[str | None]
    """The contract's field of each column; None for one that the contract ignores."""

    @classmethod
    def of(cls, cloud: Cloud, report_uri: str, run: Run, file: RunFile) -> Sheet:
        """Read what the run knew about a file.

        Raises:
            NotFoundError: the run's order is not there (any more).
        """
        bucket, _ = split_uri(report_uri)
        manifest = read_document(cloud, bucket, manifest_key(run.run_id))
        [known] = [f for f in manifest["files"] if f["version_id"] == file.version_id]
        dialect = Contract.parse(manifest["contract"]).of_file(file.key).dialect
        rules, columns = manifest["rules"], known["columns"]
        header = _header(cloud, file, dialect) if None in columns else columns
        return cls(rules=rules, dialect=dialect, header=header, columns=columns)

    def cells(self, raw: str) -> list[str]:
        """The cells of a record; one whose quotes are astray is read as well as can be."""
        cells = RecordReader(self.dialect).cells(raw)
        return guessed_cells(raw, self.rules, len(self.columns)) if cells is None else cells

    def messages(self, row: Mapping[str, Any]) -> list[str]:
        """What is wrong with a row, with the values that are."""
        values = dict(zip(self.columns, self.cells(row["raw"]), strict=False))
        return [
            with_value(error["column"], error["message"], values.get(error["column"]))
            for error in row["errors"]
        ]

    def lines(self, rows: Iterator[Mapping[str, Any]]) -> Iterator[str]:
        """The CSV, line by line with line ends: reasons first, so that no cell moves."""
        yield self._line([REASON_COLUMN, *self._names()])
        for row in rows:
            cells = self.cells(row["raw"])
            shown = [self._shown(cell, number) for number, cell in enumerate(cells)]
            yield self._line([disarmed("; ".join(self.messages(row))), *shown])

    def _names(self) -> Iterator[str]:
        """The header: names that no field has are the sender's, and may be formulas."""
        for name, field in zip(self.header, self.columns, strict=False):
            yield name if field else disarmed(name)

    def _shown(self, cell: str, number: int) -> str:
        column = self.columns[number] if number < len(self.columns) else None
        types = {field["name"]: field["type"] for field in self.rules["fields"]}
        return for_a_spreadsheet(cell, types.get(column))

    def _line(self, cells: Sequence[str]) -> str:
        return csv_text([cells], self.rules["delimiter"], self.rules["quote"])


class Sheets:
    """The sheets of a run's files, each read when a row of it is met."""

    def __init__(self, cloud: Cloud, run: Run, report_uri: str) -> None:
        self._cloud = cloud
        self._run = run
        self._uri = report_uri
        self._known: dict[str, Sheet | None] = {}

    def messages(self, row: Mapping[str, Any]) -> list[str]:
        """What is wrong with a row, with values as long as the run's order is kept."""
        version = row["version_id"]
        if version not in self._known:
            self._known[version] = self._sheet(version)
        sheet = self._known[version]
        return sheet.messages(row) if sheet else [error["message"] for error in row["errors"]]

    def _sheet(self, version_id: str) -> Sheet | None:
        file = next((f for f in self._run.files if f.version_id == version_id), None)
        try:
            return Sheet.of(self._cloud, self._uri, self._run, file) if file else None
        except NotFoundError:
            return None


def chosen_files(run: Run, name: str | None) -> list[RunFile]:
    """The files of a run that a name means: all without one.

    Raises:
        NotFoundError: the run has no such file.
    """
    chosen = [f for f in run.files if name in {None, f.key, f.name}]
    if run.files and not chosen:
        names = ", ".join(file.name for file in run.files)
        raise NotFoundError(f"{run.run_id} has no file {name}; it has: {names}")
    return chosen


def files_with_rejects(
    cloud: Cloud, run: Run, report_uri: str, name: str | None = None
) -> list[RunFile]:
    """The files of a run, of those that a name means, of which rows were rejected."""
    report = read_report(cloud, report_uri)
    bad = {file["version_id"] for file in report["files"] if file["rejected"]}
    return [file for file in chosen_files(run, name) if file.version_id in bad]


def one_file(cloud: Cloud, run: Run, report_uri: str, name: str | None) -> RunFile:
    """The one file of a run that has rejected rows.

    Raises:
        NotFoundError: none has.
        OperatorError: several have, and no name tells which is meant.
    """
    chosen = files_with_rejects(cloud, run, report_uri, name)
    if not chosen:
        raise NotFoundError(f"{run.run_id} has rejected no row")
    if len(chosen) > 1:
        names = ", ".join(file.name for file in chosen)
        raise OperatorError(f"several files have rejected rows; choose one by --file: {names}")
    return chosen[0]


def mendable_lines(cloud: Cloud, run: Run, report_uri: str, file: RunFile) -> Iterator[str]:
    """The rejected rows of a file for a person to mend, after a header."""
    sheet = Sheet.of(cloud, report_uri, run, file)
    return sheet.lines(rows_of(cloud, read_report(cloud, report_uri), report_uri, file))


def write_mendable(cloud: Cloud, run: Run, report_uri: str, file: RunFile, out: Path) -> int:
    """Write the rejected rows of a file for a person to mend; returns their number.

    Raises:
        OperatorError: the file is there already, or cannot be written.
    """
    lines, rows = mendable_lines(cloud, run, report_uri, file), 0
    try:
        with out.open("x", encoding="utf-8", newline="") as target:
            for line in lines:
                target.write(line)
                rows += 1
    except FileExistsError:
        raise OperatorError(f"{out} is there already; move it away first") from None
    except OSError as error:
        raise OperatorError(f"{out} cannot be written: {error.strerror}") from error
    return rows - 1


def rows_of(cloud: Cloud, report: Document, report_uri: str, file: RunFile) -> Iterator[Document]:
    """The rejected rows of one file."""
    found = rejected_rows(cloud, report, report_uri)
    return (row for row in found if row["version_id"] == file.version_id)


def mended_name(name: str) -> str:
    """The name under which mended rows of a file are dropped: that of plain text.

    >>> mended_name("a.csv.gz"), mended_name("a.csv.zip"), mended_name("a.zip")
    ('a.csv', 'a.csv', 'a.csv')
    """
    stem = name.removesuffix(".gz").removesuffix(".zip")
    return stem if stem.lower().endswith(EXTENSIONS) else f"{stem}.csv"


def mended_text(path: Path, delimiter: str, quote: str) -> str:
    """The file that a person has mended, as it is dropped: without reasons, formulas restored.

    A spreadsheet may have saved it with another delimiter.

    Raises:
        OperatorError: it is no such file.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} cannot be read as UTF-8: {error}") from error
    for found in dict.fromkeys((delimiter, *_OTHER_DELIMITERS)):
        rows = list(csv_rows(io.StringIO(text, newline=""), found, quote))
        if rows and rows[0] and rows[0][0] == REASON_COLUMN:
            kept = [[restored(cell) for cell in row[1:]] for row in rows if any(row)]
            return csv_text(kept, delimiter, quote)
    raise OperatorError(
        f"{path} does not begin with the column {REASON_COLUMN}: `sluice rejects RUN --out {path}` "
        "writes such a file"
    )


def csv_text(rows: Sequence[Sequence[str]], delimiter: str, quote: str) -> str:
    """Rows as CSV with LF, quoted where needed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quotechar=quote, lineterminator="\r\n")
    lines = []
    for row in rows:
        writer.writerow(row)
        lines.append(buffer.getvalue().removesuffix("\r\n"))
        buffer.seek(0)
        buffer.truncate()
    return "".join(f"{line}\n" for line in lines)


def _header(cloud: Cloud, file: RunFile, dialect: Dialect) -> Sequence[str]:
    """The file's own header, from the original where it rests."""
    if not file.destination_uri:
        raise NotFoundError(f"{file.key} has not been put away, so its header cannot be read")
    source = _Original.at(cloud, file.destination_uri)
    first = source.read(0, MAGIC_BYTES)
    compression: Compression = next((c for m, c in _MAGIC.items() if first.startswith(m)), None)
    return header_rows(head_of(source, compression), dialect).names or ()


_MAGIC: Mapping[bytes, Compression] = {GZIP: "gzip", ZIP: "zip"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Original:
    """An archived file as a byte source."""

    cloud: Cloud
    bucket: str
    key: str
    size_bytes: int

    @classmethod
    def at(cls, cloud: Cloud, uri: str) -> _Original:
        bucket, key = split_uri(uri)
        size_bytes = cloud.s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
        return cls(cloud=cloud, bucket=bucket, key=key, size_bytes=size_bytes)

    def read(self, start: int, length: int) -> bytes:
        wanted = f"bytes={start}-{start + length - 1}"
        got = self.cloud.s3.get_object(Bucket=self.bucket, Key=self.key, Range=wanted)
        return got["Body"].read()

    def pieces(self) -> Iterator[bytes]:
        for start in range(0, self.size_bytes, MAX_HEADER_BYTES):
            yield self.read(start, MAX_HEADER_BYTES)
