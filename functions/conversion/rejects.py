"""Rejected rows: as JSON Lines for machines, as a CSV for a person, and counted by rule."""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conversion.outputs import PartWriter, Sink, json_line
from conversion.re2_patterns import compiled
from conversion.records import Records
from pipeline.csv_lines import read_record
from pipeline.errors import ReconciliationError
from pipeline.field import NUMERIC
from pipeline.forms import NUMBER
from pipeline.formulas import disarmed
from pipeline.report import SAMPLE_ROWS, count_broken
from pipeline.row_judge import Error, RowJudge
from pipeline.rules import Rules

ROWS_PER_PART = 50_000
MAX_CELL_CHARACTERS = 2**31 - 1
_NUMBER = re.compile(NUMBER)


@dataclass(kw_only=True, slots=True)
class RejectLog:
    """All rejected rows of a conversion, in order of file and record."""

    rules: Rules
    rows: PartWriter
    mendable: PartWriter
    broken: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    sample: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, manifest: Mapping[str, Any], sink: Sink) -> "RejectLog":
        """Return an empty log that writes to a sink."""
        rules = manifest["rules"]
        header = csv_line([field["name"] for field in rules["fields"]], rules)
        return cls(
            rules=rules,
            rows=PartWriter(
                sink=sink,
                kind="rejected",
                max_rows=ROWS_PER_PART,
                compress=manifest["output_compression"] == "gzip",
            ),
            mendable=PartWriter(
                sink=sink, kind="rejected_csv", max_rows=ROWS_PER_PART, head=header + b"\n"
            ),
        )

    def add(self, row: dict[str, Any], cells: Sequence[str]) -> None:
        """Write down one row."""
        self.rows.add(json_line(row))
        self.mendable.add(csv_line(cells, self.rules))
        self.broken += count_broken([row])
        if len(self.sample) < SAMPLE_ROWS:
            self.sample.append(row)

    def flush(self) -> None:
        """Hand on the last rows."""
        self.rows.flush()
        self.mendable.flush()


class FileRejects:
    """Rejected records of one file, told in ascending order."""

    def __init__(
        self, manifest: Mapping[str, Any], file: Mapping[str, Any], records: Records, log: RejectLog
    ) -> None:
        self._manifest = manifest
        self._file = file
        self._records = records
        self._log = log
        self._judge = RowJudge(manifest["rules"], file["columns"], compiled)
        self._line_of = records.finder()

    def broke_rules(self, ordinal: int) -> None:
        """Reject a record that SQL found invalid.

        Raises:
            ReconciliationError: The rules find nothing wrong with it.
        """
        raw = self._raw(ordinal)
        errors = self._judge.judge(raw).errors
        if not errors:
            raise ReconciliationError(f"record {ordinal}: SQL rejects what the rules accept")
        self._add(ordinal, raw, errors)

    def repeats(self, ordinal: int, columns: Sequence[str | None]) -> None:
        """Reject a valid record because another one has its key (None) or its unique values."""
        self._add(ordinal, self._raw(ordinal), [self._judge.repeated(c) for c in columns])

    def _add(self, ordinal: int, raw: str, errors: Sequence[Error]) -> None:
        is_multiline = self._file["multiline"]
        row = {
            "file": self._file["key"],
            "version_id": self._file["version_id"],
            "line": None if is_multiline else self._records.line_of(ordinal),
            "record": ordinal if is_multiline else None,
            "errors": list(errors),
            "raw": raw,
            "contract_version": self._manifest["contract_version"],
        }
        self._log.add(row, mendable_cells(raw, self._manifest["rules"], self._file["columns"]))

    def _raw(self, ordinal: int) -> str:
        return self._records.raw(self._line_of(ordinal))


def csv_line(cells: Sequence[str], rules: Rules) -> bytes:
    """Return cells as one CSV record in the contract's dialect, without its line end.

    The writer quotes only the line ends that it writes itself: hence CRLF, which is taken off.
    """
    buffer = io.StringIO()
    delimiter, quote = rules["delimiter"], rules["quote"]
    csv.writer(buffer, delimiter=delimiter, quotechar=quote, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().removesuffix("\r\n").encode()


def mendable_cells(raw: str, rules: Rules, columns: Sequence[str | None]) -> list[str]:
    """Return a rejected row's cells for a person: in the contract's order, formulas disarmed.

    Surplus cells follow at the end, so that nothing is lost, and a row that was too short stays
    one of the wrong width, so that it is rejected again if nobody mends it.
    """
    cells = read_record(raw, rules["delimiter"], rules["quote"]) or _leniently(raw, rules)
    names = [field["name"] for field in rules["fields"]]
    numeric = {f["name"] for f in rules["fields"] if f["type"] in NUMERIC}
    by_name = dict(zip(columns, cells, strict=False))
    ordered = [_disarmed(by_name.get(n, ""), is_numeric=n in numeric) for n in names]
    surplus = [_disarmed(cell, is_numeric=False) for cell in cells[len(columns) :]]
    if len(cells) >= len(columns):
        return ordered + surplus
    return ordered[: len(cells)] if list(columns) == names else [*ordered, ""]


def _leniently(raw: str, rules: Rules) -> list[str]:
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    reader = csv.reader([raw], delimiter=rules["delimiter"], quotechar=rules["quote"])
    return next(reader, [""])


def _disarmed(cell: str, *, is_numeric: bool) -> str:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    return cell if is_numeric and _NUMBER.fullmatch(cell) else disarmed(cell)
