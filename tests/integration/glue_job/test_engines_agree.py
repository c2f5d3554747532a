"""Generated files, whole or cut, by threads or on Spark: same rows, same rejects, same report."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from pipeline.contracts.contract import Contract
from pipeline.text.byte_source import LocalFile
from pipeline.text.content_scan import scan_content
from sluice.files.checks import Document, check, subjects
from sluice.files.engines import with_duckdb, with_spark

pytestmark = pytest.mark.spark

FILES_PER_BATCH = 16
GZIP = b"\x1f\x8b"

NASTY = (
    "", " ", "  x ", "é", "e\u0301", "😀", "\u2028", "\x85", "\x0b", "\x1f", "\t", "\\", "\\n",
    "\\u001F", '"', '""', 'a"b', ",", "a,b", "a\nb", "a\r\nb", "a\rb", "'", "=1+1", "-5",
    "NA", "null",
    "\u200bk", "\ufeffk", "true", "FALSE", "0", "1", "007", "7", "+7", "-0", "-0.0",
    "1.50", "1.5", ".5", "5.",
    " 12 ", "1e3", "NaN", "٣", "99999999999999999999", "0.000000001", "123456789012345678", "1_000",
    "2024-02-29", "2025-02-29", "2024-13-01", "2024-01-01", "2024-01-01 ", "0000-01-01",
    "2024-01-01T00:00:00Z", "12:30:00", "24:00:00", "2024", "a@b.de", "x" * 60, "ü" * 30,
    "id", "name",
)  # fmt: skip


def contract_of(
    *fields: Mapping[str, Any], key: Sequence[str] = ("id",), **sluice: Any
) -> dict[str, Any]:
    """A contract for the dataset `things`; `missing` and `dialect` may be given beside `sluice`."""
    dialect = sluice.pop("dialect", {"delimiter": ",", "quoteChar": '"'})
    missing = sluice.pop("missing", [""])
    return {
        "name": "things",
        "encoding": "utf-8",
        "dialect": dialect,
        "schema": {"fields": list(fields), "primaryKey": list(key), "missingValues": missing},
        "sluice": {"table": "ThingsTable", **sluice},
    }


CONTRACTS = {
    "every type": contract_of(
        {"name": "id", "type": "string"},
        {"name": "whole", "type": "integer", "constraints": {"minimum": -5, "maximum": 1000}},
        {"name": "exact", "type": "number", "constraints": {"minimum": 0, "unique": True}},
        {"name": "flag", "type": "boolean"},
        {"name": "day", "type": "date", "constraints": {"minimum": "2000-01-01"}},
        {"name": "moment", "type": "datetime"},
        {"name": "clock", "type": "time"},
        {"name": "year", "type": "year"},
        {"name": "text \"quoted\" \\ 'odd' é", "type": "string", "constraints": {"maxLength": 40}},
        missing=["", "NA"],
    ),
    "a key of two, the last wins": contract_of(
        {"name": "id", "type": "string", "constraints": {"pattern": "[^'$]*"}},
        {"name": "name", "type": "integer"},
        {"name": "kind", "type": "string", "constraints": {"enum": ["a,b", "true", "'"]}},
        key=["id", "name"],
        on_duplicate_key="last",
    ),
    "another dialect": contract_of(
        {"name": "id", "type": "number"},
        {"name": "name", "type": "string", "constraints": {"minLength": 1, "unique": True}},
        {"name": "mail", "type": "string", "format": "email"},
        dialect={"delimiter": "|", "quoteChar": "'"},
        extra_columns="ignore",
    ),
}


GOOD = {
    "string": ("a", "b", "O'Neil", "x,y", 'say "hi"', "two\nlines", "😀", "\t", "back\\slash", "",
               "12"),
    "integer": ("1", "2", "-0", "007", " 12 ", "+999", "NA"),
    "number": ("0", "1.5", "1.50", "0.000000001", "12345678901234567890.123456789", "", "7"),
    "boolean": ("true", "FALSE", "0", ""),
    "date": ("2024-02-29", "2000-01-01", ""),
    "datetime": ("2024-02-29T23:59:59Z", ""),
    "time": ("00:00:00", ""),
    "year": ("2024", "0001", ""),
}  # fmt: skip


def cell(chance: random.Random, kind: str, delimiter: str, quote: str) -> str:
    """A cell that is usually of its type, and now and then badly quoted."""
    text = chance.choice(GOOD[kind] if chance.random() < 0.95 else NASTY)
    special = any(character in text for character in (delimiter, quote, "\n", "\r"))
    if special and chance.random() < 0.97:
        return quote + text.replace(quote, quote * 2) + quote
    return text.replace("\r", "").replace("\n", "")


def file_bytes(contract: Contract, seed: int) -> bytes:
    """A file with the contract's columns in some order and rows of nearly always that width."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    kinds = {field.name: field.type for field in contract.fields}
    names = list(kinds)
    if contract.ignores_columns and chance.random() < 0.5:
        names.append("extra")
    chance.shuffle(names)
    delimiter, quote = contract.dialect.delimiter, contract.dialect.quote
    header = [quote + name.replace(quote, quote * 2) + quote for name in names]
    records = [delimiter.join(header)]
    for _ in range(chance.randint(0, 25)):
        width = len(names) if chance.random() < 0.97 else chance.randint(1, len(names) + 2)
        of_row = [*names, "extra", "extra"][:width]
        cells = [cell(chance, kinds.get(name, "string"), delimiter, quote) for name in of_row]
        records.append(delimiter.join(cells) if chance.random() < 0.97 else "")
    end = chance.choice(["\n", "\r\n"])
    content = (end.join(records) + chance.choice(["", end])).encode()
    return gzip.compress(content, mtime=0) if chance.random() < 0.1 else content


def files_of(folder: Path) -> dict[str, bytes]:
    """What an engine stored, but for the report."""
    kinds = ("valid", "rejected", "rejected_csv", "parts.json")
    paths = [path for kind in kinds for path in sorted((folder / kind).rglob("*"))]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


class BothEngines:
    """Converts by both, compares all that they wrote, and remembers how many rows there were."""

    def __init__(self, contract: Contract, split_bytes: int) -> None:
        self.contract = contract
        self.split_bytes = split_bytes
        self.counts: dict[str, int] = {}

    def __call__(self, manifest: Document, folder: Path) -> Document:
        whole = with_duckdb(manifest, folder / "whole")
        cut = {**manifest, "files": [self._cut(file) for file in manifest["files"]]}
        by_spark = with_spark(cut, folder / "spark")
        by_threads = with_duckdb(cut, folder)
        assert files_of(folder / "spark") == files_of(folder)
        for name in ("engine", "engine_version", "seconds"):
            by_spark.pop(name)
        assert by_spark.items() <= by_threads.items()
        for member in ("counts", "files", "rules", "sample"):
            assert by_spark[member] == whole[member]
        for kind in ("parts", "rejected_parts"):
            assert rows_of(folder / "spark", by_spark[kind]) == rows_of(
                folder / "whole", whole[kind]
            )
        self.counts = by_spark["counts"]
        return {**by_threads, "manifest_sha256": whole["manifest_sha256"]}

    def _cut(self, file: Document) -> Document:
        path = Path(unquote(urlsplit(file["uri"]).path))
        content = scan_content(
            LocalFile(path).pieces(), self.contract.dialect, split_bytes=self.split_bytes
        )
        return {**file, **content.findings()}


def rows_of(folder: Path, parts: Sequence[Document]) -> bytes:
    return b"".join((folder / part["key"]).read_bytes() for part in parts)


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("name", CONTRACTS)
def test_generated_files(tmp_path: Path, name: str) -> None:
    contract = Contract.parse(CONTRACTS[name])
    paths = []
    for seed in range(FILES_PER_BATCH):
        content = file_bytes(contract, seed)
        path = tmp_path / f"{seed}.csv{'.gz' if content.startswith(GZIP) else ''}"
        path.write_bytes(content)
        paths.append(path)
    engines = BothEngines(contract, split_bytes=600)
    findings = check(subjects(paths, tmp_path / "out"), contract, engines, tmp_path / "work")
    accepted = sum(finding.is_accepted for finding in findings)
    assert accepted > FILES_PER_BATCH / 2
    assert engines.counts["valid"] > 0
    assert engines.counts["rejected"] > 0


@pytest.mark.usefixtures("spark")
def test_a_file_of_one_split_settles_its_repeated_keys_in_the_task_that_reads_it(
    tmp_path: Path,
) -> None:
    contract = Contract.parse(CONTRACTS["every type"])
    path = tmp_path / "things.csv"
    path.write_bytes(file_bytes(contract, seed=2))
    engines = BothEngines(contract, split_bytes=1 << 20)
    [finding] = check(subjects([path], tmp_path / "out"), contract, engines, tmp_path / "work")
    assert finding.is_accepted
    [report] = (tmp_path / "work").rglob("spark/report.json")
    broken = {rule["rule"] for rule in json.loads(report.read_text())["rules"]}
    assert broken >= {"primaryKey", "unique"}
