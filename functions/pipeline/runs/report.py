"""The account of a conversion: what went in, what came out where, and which rules were broken."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.contracts.rules import Rules, rule_order
from pipeline.errors import ReconciliationError
from pipeline.runs.manifest import manifest_digest
from pipeline.text.oddities import Oddity

SCHEMA_VERSION = 1
SAMPLE_ROWS = 20

SAMPLE_CHARACTERS = 1024 * 1024
"""Where the sample ends early: rows may be large."""

Document = dict[str, Any]


@dataclass(kw_only=True, slots=True)
class Sample:
    """The first rejected rows; those of samples in order are the sample of all."""

    rows: list[Document] = field(default_factory=list)
    characters: int = 0

    def add(self, row: Document) -> None:
        """Take a row unless there are enough."""
        if len(self.rows) < SAMPLE_ROWS and self.characters < SAMPLE_CHARACTERS:
            self.rows.append(row)
            self.characters += len(row["raw"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One object of rows that an attempt wrote."""

    index: int
    key: str
    bytes: int
    rows: int
    sha256: str
    file_index: int | None = None

    def document(self) -> Document:
        """Return the part as the report lists it."""
        members = asdict(self)
        if self.file_index is None:
            del members["file_index"]
        return members


@dataclass(frozen=True, kw_only=True, slots=True)
class FileCounts:
    """What became of one file's rows."""

    rows_in: int
    valid: int

    @property
    def rejected(self) -> int:
        """Rows that broke a rule."""
        return self.rows_in - self.valid


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Everything that an engine knows at the end of a conversion."""

    engine: str
    engine_version: str
    seconds: float
    files: Sequence[FileCounts]
    broken: Mapping[tuple[str | None, str], int]
    values: Mapping[str, int]
    """How many valid rows have a value of each field that the manifest wants counted."""
    sample: Sequence[Document]
    oddities: Mapping[int, Sequence[Oddity]]
    """By the index of the file, what looks odd among its valid rows."""
    parts: Sequence[Part]
    rejected_parts: Sequence[Part]
    rejected_csv: Sequence[Part]
    parts_key: str


def parts_document(parts: Sequence[Part]) -> bytes:
    """Return the bytes of parts.json."""
    return json.dumps([part.document() for part in parts]).encode()


def report_document(manifest: Mapping[str, Any], outcome: Outcome) -> Document:
    """Return the report of a conversion that followed a manifest."""
    warnings = _warnings(manifest, outcome)
    odd = sum(warning["count"] for warning in warnings)
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": manifest["run_id"],
        "dataset": manifest["dataset"],
        "contract_version": manifest["contract_version"],
        "manifest_sha256": manifest_digest(manifest),
        "engine": outcome.engine,
        "engine_version": outcome.engine_version,
        "counts": _sums(outcome.files) | ({"warnings": odd} if odd else {}),
        "files": [
            _file_document(file, counts)
            for file, counts in zip(manifest["files"], outcome.files, strict=True)
        ],
        "rules": broken_rules(manifest["rules"], outcome.broken),
        **({"values": dict(outcome.values)} if outcome.values else {}),
        "warnings": warnings,
        "sample": list(outcome.sample),
        "parts": [part.document() for part in outcome.parts],
        "parts_key": outcome.parts_key,
        "parts_sha256": hashlib.sha256(parts_document(outcome.parts)).hexdigest(),
        "rejected_parts": [part.document() for part in outcome.rejected_parts],
        "rejected_csv": [part.document() for part in outcome.rejected_csv],
        "seconds": round(outcome.seconds, 3),
    }


def _warnings(manifest: Mapping[str, Any], outcome: Outcome) -> list[Document]:
    """Return what the validator and the engine found odd, file by file."""
    return [
        {"file": file["index"], **warning}
        for file in manifest["files"]
        for warning in (
            *file["warnings"],
            *(odd.as_document() for odd in outcome.oddities.get(file["index"], ())),
        )
    ]


def count_broken(rejected: Iterable[Mapping[str, Any]]) -> Counter[tuple[str | None, str]]:
    """Count rejected rows by (column, rule); a row counts once for each rule that it broke."""
    return Counter((error["column"], error["rule"]) for row in rejected for error in row["errors"])


def broken_rules(rules: Rules, broken: Mapping[tuple[str | None, str], int]) -> list[Document]:
    """Return the rules that were broken, in the order of the contract."""
    return [
        {"column": column, "rule": rule, "rows": broken[column, rule]}
        for column, rule in rule_order(rules)
        if broken.get((column, rule))
    ]


def check_report(report: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    """Hold a report against its manifest and against itself.

    Raises:
        ReconciliationError: It is another run's, or rows are unaccounted for.
    """
    if report["run_id"] != manifest["run_id"]:
        raise ReconciliationError(f"the report is that of {report['run_id']}")
    if report["contract_version"] != manifest["contract_version"]:
        raise ReconciliationError("the report was made under another version of the contract")
    if report["manifest_sha256"] != manifest_digest(manifest):
        raise ReconciliationError("the report was made from another manifest")
    _check_counts(report["counts"], "the run")
    if len(report["files"]) != len(manifest["files"]):
        raise ReconciliationError("the report and the manifest list different files")
    for counted, file in zip(report["files"], manifest["files"], strict=True):
        _check_file(counted, file)
    _check_sum(report, "rows_in", sum(file["rows_in"] for file in report["files"]))
    _check_sum(report, "valid", sum(part["rows"] for part in report["parts"]))
    _check_sum(report, "rejected", sum(part["rows"] for part in report["rejected_parts"]))


def _check_file(counted: Mapping[str, Any], file: Mapping[str, Any]) -> None:
    name = f"file {file['index']}"
    if (counted["key"], counted["version_id"]) != (file["key"], file["version_id"]):
        raise ReconciliationError(f"{name} of the report is another file than the manifest's")
    _check_counts(counted, name)
    if counted["rows_in"] != file["records"]:
        message = f"{name}: the validator counted {file['records']} records, the engine"
        raise ReconciliationError(f"{message} {counted['rows_in']}")


def _check_counts(counts: Mapping[str, Any], what: str) -> None:
    if counts["rows_in"] != counts["valid"] + counts["rejected"]:
        raise ReconciliationError(
            f"{what}: {counts['rows_in']} rows in, {counts['valid']} valid,"
            f" {counts['rejected']} rejected"
        )


def _check_sum(report: Mapping[str, Any], name: str, total: int) -> None:
    if report["counts"][name] != total:
        raise ReconciliationError(f"{name}: {report['counts'][name]} counted, {total} listed")


def _sums(files: Sequence[FileCounts]) -> Document:
    return {
        "rows_in": sum(file.rows_in for file in files),
        "valid": sum(file.valid for file in files),
        "rejected": sum(file.rejected for file in files),
    }


def _file_document(file: Mapping[str, Any], counts: FileCounts) -> Document:
    return {
        "index": file["index"],
        "key": file["key"],
        "version_id": file["version_id"],
        "source_version": file["source_version"],
        "rows_in": counts.rows_in,
        "valid": counts.valid,
        "rejected": counts.rejected,
    }
