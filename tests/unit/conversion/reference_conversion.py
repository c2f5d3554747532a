"""Conversion by the definition: records one by one in plain Python, everything in memory."""

from __future__ import annotations

import hashlib
import json
from atexit import register
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conversion.account import outcome
from conversion.conversion import convert
from conversion.engine import Engine
from conversion.re2_patterns import compiled
from conversion.repeats import uniqueness_rules
from conversion.storage import FolderStorage
from conversion.threads import Threads
from conversion.workshop import Workshop
from pipeline.contracts.contract import Contract
from pipeline.runs.manifest import findings_document, manifest_document
from pipeline.runs.report import check_report, report_document
from pipeline.text.byte_source import LocalFile
from pipeline.text.canonical_text import canonical_text
from pipeline.text.content_scan import scan_content
from pipeline.text.file_text import head_of, text_of
from pipeline.text.header_check import judge_header
from pipeline.text.object_check import Compression
from pipeline.text.row_judge import RowJudge, Verdict


@dataclass
class MemoryStorage:
    """Texts from files, objects in a dictionary."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def pieces(self, uri: str, start: int, end: int) -> Iterator[bytes]:
        return FolderStorage(folder=Path()).pieces(uri, start, end)

    def put(self, name: str, body: bytes) -> None:
        self.objects[name] = body

    def put_new(self, name: str, body: bytes) -> bool:
        return self.objects.setdefault(name, body) is body

    def find(self, name: str) -> bytes | None:
        return self.objects.get(name)

    def delete(self, name: str) -> None:
        self.objects.pop(name, None)

    def key(self, name: str) -> str:
        return name

    def joined(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        return b"".join(self.objects[part["key"]] for part in parts)


@dataclass(frozen=True, kw_only=True)
class Converted:
    """A manifest, its report, and all that was stored."""

    manifest: dict[str, Any]
    report: dict[str, Any]
    storage: MemoryStorage

    @property
    def valid(self) -> str:
        return self.storage.joined(self.report["parts"]).decode()

    @property
    def rejected(self) -> list[dict[str, Any]]:
        lines = self.storage.joined(self.report["rejected_parts"]).split(b"\n")[:-1]
        return [json.loads(line) for line in lines]

    @property
    def told(self) -> dict[str, Any]:
        """What must not depend on how the work was cut."""
        members = ("counts", "files", "rules", "sample", "warnings")
        rows = {name: self.report[name] for name in members}
        return {**rows, "valid": self.valid, "rejected": self.rejected}


@cache
def workshop() -> Workshop:
    """One database for all conversions of a test run: opening one takes longer than they do."""
    stack = ExitStack()
    register(stack.close)
    folder = stack.enter_context(TemporaryDirectory())
    return stack.enter_context(Workshop.open(Path(folder)))


def converted(
    manifest: dict[str, Any], *, threads: int = 1, hashes_per_bucket: int = 1_000_000
) -> Converted:
    """Convert local files; whatever is stored must be what the report lists."""
    storage = MemoryStorage()
    engine = Engine(manifest=manifest, storage=storage, workshop=workshop())
    workers = Threads(engine=engine, count=threads)
    judged = convert(manifest, workers, hashes_per_bucket=hashes_per_bucket)
    result = outcome(manifest, judged, storage, engine="duckdb", engine_version="", seconds=0.0)
    report = report_document(manifest, result)
    check_report(report, manifest)
    kinds = ("parts", "rejected_parts", "rejected_csv")
    listed = {part["key"]: part["sha256"] for kind in kinds for part in report[kind]}
    stored = {name: hashlib.sha256(body).hexdigest() for name, body in storage.objects.items()}
    assert stored == listed
    return Converted(manifest=manifest, report=report, storage=storage)


def manifest_for(
    contract: Contract, files: Sequence[Path], rows_per_part: int = 3, split_bytes: int = 1 << 20
) -> dict[str, Any]:
    """Return the manifest that the validators would lead to."""
    return manifest_document(
        run_id="r",
        contract=contract,
        files=[stored(contract, i, path, split_bytes) for i, path in enumerate(files)],
        rows_per_part=rows_per_part,
    )


def stored(
    contract: Contract, index: int, path: Path, split_bytes: int
) -> tuple[str, dict[str, Any]]:
    """Return the URI of a file's canonical text, and what the validators find out about it."""
    source = LocalFile(path)
    compression: Compression = "gzip" if path.suffix == ".gz" else None
    header = judge_header(head_of(source, compression), contract)
    text = canonical_text(
        text_of(source, compression),
        contract.dialect,
        head_lines=header.lines,
        width=len(header.columns),
        compiled=compiled,
    )
    target = path
    if compression or not contract.dialect.is_canonical:
        target = path.with_suffix(".text")
        target.write_bytes(b"".join(text))
    pieces = LocalFile(target).pieces()
    content = scan_content(
        pieces, contract.dialect, head_lines=header.lines, split_bytes=split_bytes
    )
    file = {
        "index": index, "bucket": "b", "key": f"incoming/{path.name}", "version_id": f"v{index}",
        "etag": "e", "size_bytes": source.size_bytes, "source_version": "s",
        "compression": None,
    }  # fmt: skip
    return target.as_uri(), findings_document(file, asdict(header), content.findings())


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
            rejected.append({
                "file": file["key"], "version_id": file["version_id"], "line": line,
                "errors": errors, "raw": raw, "contract_version": manifest["contract_version"],
            })  # fmt: skip
        else:
            valid.append(_row_text(verdicts[n]))
    return valid, rejected


def _row_text(verdict: Verdict) -> str:
    """The row as valid parts hold it, without its line end."""
    members = (f"{json.dumps(k, ensure_ascii=False)}:{v}" for k, v in verdict.values.items())
    return "{" + ",".join(members) + "}"


def _identity(verdict: Verdict, names: Sequence[str]) -> tuple[str, ...]:
    if verdict.errors or any(name not in verdict.values for name in names):
        return ()
    return tuple(verdict.values[name] for name in names)
