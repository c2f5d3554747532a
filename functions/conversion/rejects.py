"""Rejected records of one split: as JSON Lines, as a CSV for a person, and counted by rule."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from conversion.outputs import PartWriter, Sink, json_line
from conversion.re2_patterns import compiled
from conversion.split_text import SplitText
from conversion.splits import file_of
from pipeline.contracts.contract import Contract
from pipeline.contracts.rules import Rules
from pipeline.errors import ReconciliationError
from pipeline.layout import PartKind
from pipeline.rows.formulas import disarmed, for_a_spreadsheet
from pipeline.runs.report import Sample, count_broken
from pipeline.text.astray import guessed_cells
from pipeline.text.canonical_record import raw_of
from pipeline.text.csv_lines import read_record
from pipeline.text.row_judge import Error, RowJudge

ROWS_PER_PART = 50_000


class Rejects:
    """The rejected records of one split, told in ascending order."""

    def __init__(
        self,
        manifest: Mapping[str, Any],
        text: SplitText,
        sink: Sink,
        name_of: Callable[[PartKind, int], str],
    ) -> None:
        self._rules: Rules = manifest["rules"]
        self._contract_version = manifest["contract_version"]
        self._file = file_of(manifest, text.split.file_index)
        self._judge = RowJudge(self._rules, self._file["columns"], compiled)
        self._find = text.finder()
        self._dialect = Contract.parse(manifest["contract"]).dialect
        self.rows = PartWriter(
            sink=sink,
            name_of=lambda number: name_of("rejected", number),
            max_rows=ROWS_PER_PART,
        )
        header = csv_line([field["name"] for field in self._rules["fields"]], self._rules)
        self.mendable = PartWriter(
            sink=sink,
            name_of=lambda number: name_of("rejected_csv", number),
            max_rows=ROWS_PER_PART,
            head=header + b"\n",
        )
        self.broken: Counter[tuple[str | None, str]] = Counter()
        self.sample = Sample()

    def broke_rules(self, ordinal: int) -> None:
        """Reject a record that SQL found invalid.

        Raises:
            ReconciliationError: The rules find nothing wrong with it.
        """
        line, record = self._found(ordinal)
        raw, text = self._raw(record)
        errors = self._judge.judge(text).errors
        if not errors:
            raise ReconciliationError(f"record {ordinal}: SQL rejects what the rules accept")
        self._add(line, raw, text, errors)

    def repeats(self, ordinal: int, columns: Sequence[str | None]) -> None:
        """Reject a valid record because another one has its key (None) or its unique values."""
        line, record = self._found(ordinal)
        self._add(line, *self._raw(record), [self._judge.repeated(column) for column in columns])

    def flush(self) -> None:
        """Hand on the last rows."""
        self.rows.flush()
        self.mendable.flush()

    def _found(self, ordinal: int) -> tuple[int, str]:
        line, record = self._find(ordinal)
        return line, record.decode()

    def _raw(self, record: str) -> tuple[str, str]:
        """Return a record as it stands in the file, and as canonical text."""
        return raw_of(record, self._dialect) if self._file["raw_column"] else (record, record)

    def _add(self, line: int, raw: str, text: str, errors: Sequence[Error]) -> None:
        row = {
            "file": self._file["key"],
            "version_id": self._file["version_id"],
            "line": line,
            "errors": list(errors),
            "raw": raw,
            "contract_version": self._contract_version,
        }
        self.rows.add(json_line(row))
        cells = mendable_cells(text, raw, self._rules, self._file["columns"])
        self.mendable.add(csv_line(cells, self._rules))
        self.broken += count_broken([row])
        self.sample.add(row)


def csv_line(cells: Sequence[str], rules: Rules) -> bytes:
    """Return cells as one CSV record in the contract's dialect, without its line end.

    The writer quotes only the line ends that it writes itself: hence CRLF, which is taken off.
    """
    buffer = io.StringIO()
    delimiter, quote = rules["delimiter"], rules["quote"]
    csv.writer(buffer, delimiter=delimiter, quotechar=quote, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().removesuffix("\r\n").encode()


def mendable_cells(text: str, raw: str, rules: Rules, columns: Sequence[str | None]) -> list[str]:
    """Return a rejected row's cells for a person: in the contract's order, formulas disarmed.

    `text` is the record as engines read it; where its quotes are astray, `raw` is read as well as
    can be, and one cell too many says so. Surplus cells follow at the end, so that nothing is lost,
    and a row that was too short stays one of the wrong width, so that it is rejected again if
    nobody mends it.
    """
    cells = read_record(text, rules["delimiter"], rules["quote"])
    if cells is None:
        cells = guessed_cells(raw, rules, len(columns))
    names = [field["name"] for field in rules["fields"]]
    types = {field["name"]: field["type"] for field in rules["fields"]}
    by_name = dict(zip(columns, cells, strict=False))
    ordered = [for_a_spreadsheet(by_name.get(name, ""), types[name]) for name in names]
    surplus = [disarmed(cell) for cell in cells[len(columns) :]]
    if len(cells) >= len(columns):
        return ordered + surplus
    return ordered[: len(cells)] if list(columns) == names else [*ordered, ""]
