"""Conversion by the definition: records one by one in plain Python, everything in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conversion.re2_patterns import compiled
from conversion.repeats import uniqueness_rules
from pipeline.byte_source import Buffer
from pipeline.content_scan import scan_content
from pipeline.contract import Contract
from pipeline.file_text import head_of, text_of
from pipeline.header_check import judge_header
from pipeline.manifest import findings_document, manifest_document
from pipeline.row_judge import RowJudge, Verdict


@dataclass
class MemorySink:
    """Parts in a dictionary."""

    parts: dict[str, bytes] = field(default_factory=dict)

    def put(self, kind: str, index: int, body: bytes) -> str:
        key = f"{kind}/{index:06d}"
        self.parts[key] = body
        return key

    def joined(self, kind: str) -> bytes:
        return b"".join(
            body for key, body in sorted(self.parts.items()) if key.startswith(kind + "/")
        )


def manifest_for(
    contract: Contract, files: Sequence[Path], rows_per_part: int = 3
) -> dict[str, Any]:
    """Return the manifest that the validators would lead to."""
    return manifest_document(
        run_id="r",
        contract=contract,
        files=[(path.as_uri(), findings_for(contract, i, path)) for i, path in enumerate(files)],
        rows_per_part=rows_per_part,
    )


def findings_for(contract: Contract, index: int, path: Path) -> dict[str, Any]:
    source = Buffer(path.read_bytes())
    compression = "gzip" if path.suffix == ".gz" else None
    header = judge_header(head_of(source, compression), contract)
    content = scan_content(text_of(source, compression), contract.dialect)
    file = {
        "index": index, "bucket": "b", "key": f"incoming/{path.name}", "version_id": f"v{index}",
        "etag": "e", "size_bytes": source.size_bytes, "source_version": "s",
        "compression": compression,
    }  # fmt: skip
    return findings_document(
        file, {"columns": header.columns, "bom": header.bom}, content.findings()
    )


def records_of(text: str, quote: str) -> list[tuple[int, str]]:
    """Return (line, raw) of every data record that is not blank; quotes must be in order."""
    records, line, start, is_open = [], 1, 0, False
    text = text.removeprefix("\ufeff")
    at_line = line
    for at, character in enumerate(text + ("" if text.endswith("\n") else "\n")):
        if character == quote:
            is_open = not is_open
        if character == "\n":
            if not is_open:
                records.append((at_line, text[start:at].removesuffix("\r")))
                start, at_line = at + 1, line + 1
            line += 1
    return [(number, raw) for number, raw in records[1:] if raw]


def convert_by_definition(
    manifest: dict[str, Any], index: int, records: Sequence[tuple[int, str]]
) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the valid rows' texts and the rejected rows of one file."""
    file, rules = manifest["files"][index], manifest["rules"]
    judge = RowJudge(rules, file["columns"], compiled)
    verdicts = [judge.judge(raw) for _, raw in records]
    order = range(len(verdicts))
    repeated: dict[int, list[str | None]] = {}
    for rule in uniqueness_rules(rules):
        winners: dict[tuple[str, ...], int] = {}
        candidates = [n for n in order if _identity(verdicts[n], rule.names)]
        for n in candidates:
            identity = _identity(verdicts[n], rule.names)
            if rules["on_duplicate_key"] == "last" or identity not in winners:
                winners[identity] = n
        for n in candidates:
            if winners[_identity(verdicts[n], rule.names)] != n:
                repeated.setdefault(n, []).append(rule.column)
    valid, rejected = [], []
    for n, (line, raw) in enumerate(records):
        errors = [*verdicts[n].errors, *(judge.repeated(c) for c in repeated.get(n, []))]
        if errors:
            place = (
                {"line": None, "record": n + 1}
                if file["multiline"]
                else {"line": line, "record": None}
            )
            rejected.append({
                "file": file["key"], "version_id": file["version_id"], **place, "errors": errors,
                "raw": raw, "contract_version": manifest["contract_version"],
            })  # fmt: skip
        else:
            valid.append(verdicts[n].row_text())
    return valid, rejected


def _identity(verdict: Verdict, names: Sequence[str]) -> tuple[str, ...]:
    if verdict.errors or any(name not in verdict.values for name in names):
        return ()
    return tuple(verdict.values[name] for name in names)
