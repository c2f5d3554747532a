"""Builds the job's order from a contract and the bytes of files, as Plan Conversion would."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.contract import Contract
from pipeline.rules import compile_rules


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


@dataclass(frozen=True, kw_only=True)
class Order:
    manifest_uri: str
    output_uri: str
    output: Path

    def report(self) -> dict[str, Any]:
        return dict(json.loads((self.output / "report.json").read_text()))

    def valid(self) -> str:
        return "".join(
            _text(self.output / "valid" / Path(part["key"]).name) for part in self.report()["parts"]
        )

    def rejected(self) -> list[dict[str, Any]]:
        parts = self.report()["rejected_parts"]
        names = [self.output / "rejected" / Path(part["key"]).name for part in parts]
        return [json.loads(line) for name in names for line in name.read_text().splitlines()]

    def rejected_csv(self) -> str:
        return (self.output / "rejected_csv" / "000000.csv").read_text()


def _text(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def place_order(folder: Path, document: Mapping[str, Any], *files: bytes, **options: Any) -> Order:
    """Stage the files and write their manifest; `options` override members of the manifest."""
    contract = Contract.parse(document)
    source = folder / "source"
    source.mkdir(parents=True)
    entries = [_stage(source, contract, index, content) for index, content in enumerate(files)]
    manifest = {
        "schema_version": 1,
        "run_id": "things-run",
        "dataset": contract.dataset,
        "contract": dict(contract.doc),
        "contract_version": contract.version,
        "rules": compile_rules(contract),
        "files": entries,
        "rows_per_part": 5000,
        "output_compression": "none",
        **options,
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest))
    output = folder / "0-0"
    return Order(manifest_uri=path.as_uri(), output_uri=output.as_uri() + "/", output=output)


def _stage(source: Path, contract: Contract, index: int, content: bytes) -> dict[str, Any]:
    zipped = content.startswith(b"\x1f\x8b")
    path = source / f"{index:04d}.csv{'.gz' if zipped else ''}"
    path.write_bytes(content)
    text = (gzip.decompress(content) if zipped else content).decode("utf-8-sig")
    dialect = contract.dialect
    header = next(_reader(text.split("\n", 1)[0].rstrip("\r"), dialect))
    names = {name.strip(): name.strip() for name in contract.field_names}
    lines = text.split("\n")[1:]
    multiline = _spans_lines(text, dialect.quote)
    blank = sum(line in {"", "\r"} for line in lines[:-1])
    records = (
        sum(1 for row in _reader(text, dialect) if row) - 1
        if multiline
        else sum(line not in {"", "\r"} for line in lines)
    )
    return {
        "uri": path.as_uri(),
        "index": index,
        "bucket": "landing",
        "key": f"incoming/things/{index}.csv",
        "version_id": f"v{index}",
        "etag": "e",
        "size_bytes": len(content),
        "source_version": f"2026-01-01T00:00:0{index % 10}Z#0000#00000000",
        "compression": "gzip" if zipped else None,
        "columns": [names.get(cell.strip()) for cell in header],
        "bom": text.startswith("\ufeff"),
        "newline": "\n",
        "multiline": multiline,
        "blank_lines": blank,
        "records": records,
        "warnings": [],
    }


def _reader(text: str, dialect: Any) -> Any:
    lines = io.StringIO(text, newline="")
    return csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)


def _spans_lines(text: str, quote: str) -> bool:
    """For well quoted text: some line break stands behind an odd number of quotes."""
    parity = 0
    for line in text.split("\n")[:-1]:
        parity ^= line.count(quote) & 1
        if parity:
            return text.count(quote) % 2 == 0
    return False
