"""Files judged on this machine exactly as the pipeline judges them: validators, then conversion.

All accepted files go through one conversion, as a batch of the pipeline would; the results are
then told apart by file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from conversion.re2_patterns import compiled
from pipeline.contracts.contract import Contract
from pipeline.contracts.rules import compile_rules
from pipeline.errors import FileRefusedError
from pipeline.gate.quality import judge
from pipeline.runs.manifest import findings_document, manifest_document
from pipeline.runs.report import SAMPLE_ROWS, broken_rules, check_report, count_broken
from pipeline.text.byte_source import LocalFile
from pipeline.text.canonical_text import canonical_text
from pipeline.text.content_scan import scan_content
from pipeline.text.file_text import head_of, is_text, text_of
from pipeline.text.header_check import Header, judge_header
from pipeline.text.object_check import MAGIC_BYTES, Compression, judge_object
from pipeline.text.oddities import warnings_of

RUN_ID = "check"
ROWS_PER_PART = 100_000
"""Large parts: here nobody loads them."""

VALID, REJECTED, REPORT = "valid.jsonl", "rejected.jsonl", "report.json"

Document = dict[str, Any]
Engine = Callable[[Document, Path], Document]
"""Converts a manifest's files into a folder and returns the report; keys end in `kind/name`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A file that is judged and the folder that its results go to."""

    path: Path
    folder: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What came of one file: `report` is what its report.json says."""

    subject: Subject
    report: Document

    @property
    def is_accepted(self) -> bool:
        """Whether the file as a whole was accepted; single rows may be rejected."""
        return bool(self.report["verdict"] == "accepted")

    @property
    def warnings(self) -> list[str]:
        """What was accepted but looks odd, in words."""
        return warnings_of({"warnings": self.report.get("warnings", ())})

    @property
    def first_errors(self) -> dict[tuple[str | None, str], str]:
        """Of each column and rule that rows of the sample break: the first place, what is wrong."""
        found: dict[tuple[str | None, str], str] = {}
        for row in self.report.get("sample", ()):
            at = f"record {row['record']}" if row["line"] is None else f"line {row['line']}"
            for error in row["errors"]:
                found.setdefault((error["column"], error["rule"]), f"{at}, {error['message']}")
        return found


def subjects(paths: Sequence[Path], out: Path) -> list[Subject]:
    """Return a folder below `out` for each file, named after it; equal names get a number."""
    taken: set[str] = set()
    found = []
    for path in paths:
        name, number = path.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{path.name}-{number}"
        taken.add(name.casefold())
        found.append(Subject(path=path, folder=out / name))
    return found


def check(
    files: Sequence[Subject], contract: Contract, engine: Engine, workspace: Path
) -> list[Finding]:
    """Judge files and write what came of each into its folder."""
    accepted: list[tuple[Subject, Document]] = []
    reports: dict[Path, Document] = {}
    for subject in files:
        try:
            accepted.append((subject, _validated(subject.path, len(accepted), contract)))
        except FileRefusedError as refusal:
            reports[subject.folder] = _refused(subject, refusal)
    for subject, report in _converted(accepted, contract, engine, workspace):
        reports[subject.folder] = report
    return [_written(subject, reports[subject.folder]) for subject in files]


def _validated(path: Path, index: int, contract: Contract) -> Document:
    """Return a file's findings.

    Raises:
        FileRefusedError: One of the validators refuses it.
    """
    source = LocalFile(path)
    compression = judge_object(path.name, source.size_bytes, source.read(0, MAGIC_BYTES))
    header = judge_header(head_of(source, compression), contract)
    content = scan_content(
        _text(path, compression, contract, header), contract.dialect, head_lines=header.lines
    )
    file = {
        "index": index,
        "bucket": "",
        "key": str(path),
        "version_id": f"local-{index:04d}",
        "etag": "",
        "size_bytes": source.size_bytes,
        "source_version": "",
        "compression": compression,
    }
    return findings_document(file, asdict(header), content.findings())


def _converted(
    accepted: Sequence[tuple[Subject, Document]],
    contract: Contract,
    engine: Engine,
    workspace: Path,
) -> Iterator[tuple[Subject, Document]]:
    """Convert the accepted files together; return each one's report, its rows written."""
    if not accepted:
        return
    manifest = manifest_document(
        run_id=RUN_ID,
        contract=contract,
        files=[_staged(subject, findings, contract, workspace) for subject, findings in accepted],
        rows_per_part=ROWS_PER_PART,
    )
    report = engine(manifest, workspace)
    check_report(report, manifest)
    for subject, _ in accepted:
        subject.folder.mkdir(parents=True, exist_ok=True)
        for name in (VALID, REJECTED):
            (subject.folder / name).write_bytes(b"")
    _write_valid(report, accepted, workspace)
    broken = _write_rejected(report, accepted, workspace)
    for (subject, findings), counts in zip(accepted, report["files"], strict=True):
        rejected = broken.get(findings["file"]["version_id"], Rejected())
        yield subject, _accepted(subject, contract, report, counts, rejected)


def _text(
    path: Path, compression: Compression, contract: Contract, header: Header
) -> Iterator[bytes]:
    return canonical_text(
        text_of(LocalFile(path), compression),
        contract.dialect,
        head_lines=header.lines,
        width=len(header.columns),
        compiled=compiled,
    )


def _staged(
    subject: Subject, findings: Document, contract: Contract, workspace: Path
) -> tuple[str, Document]:
    """Return the URI of a file's text, and its findings, as Plan Conversion does."""
    file = findings["file"]
    if is_text(file["compression"], is_canonical=findings["is_canonical"]):
        return subject.path.resolve().as_uri(), findings
    header = Header(columns=findings["columns"], bom=findings["bom"], lines=findings["head_lines"])
    target = workspace / f"{file['index']:04d}.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as output:
        output.writelines(_text(subject.path, file["compression"], contract, header))
    return target.resolve().as_uri(), {**findings, "file": {**file, "compression": None}}


def _write_valid(
    report: Document, accepted: Sequence[tuple[Subject, Document]], workspace: Path
) -> None:
    for part in report["parts"]:
        subject, _ = accepted[part["file_index"]]
        with (subject.folder / VALID).open("ab") as target:
            target.write(_part(workspace, part).read_bytes())


def _write_rejected(
    report: Document, accepted: Sequence[tuple[Subject, Document]], workspace: Path
) -> dict[str, Rejected]:
    """Write rejected rows to their files' folders and count what they broke, by version id."""
    folders = {findings["file"]["version_id"]: s.folder for s, findings in accepted}
    found: dict[str, Rejected] = {}
    for part in report["rejected_parts"]:
        lines = _part(workspace, part).read_bytes().split(b"\n")[:-1]
        rows = ((json.loads(line), line) for line in lines)
        for version_id, group in groupby(rows, key=lambda pair: str(pair[0]["version_id"])):
            tally = found.setdefault(version_id, Rejected())
            with (folders[version_id] / REJECTED).open("ab") as target:
                for row, line in group:
                    target.write(line + b"\n")
                    tally.add(row)
    return found


@dataclass(kw_only=True, slots=True)
class Rejected:
    """What the rejected rows of one file broke."""

    broken: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    sample: list[Document] = field(default_factory=list)

    def add(self, row: Document) -> None:
        """Count one row."""
        self.broken.update(count_broken([row]))
        if len(self.sample) < SAMPLE_ROWS:
            self.sample.append(row)


def _part(workspace: Path, part: Mapping[str, Any]) -> Path:
    return workspace / str(part["key"])


def _accepted(
    subject: Subject, contract: Contract, report: Document, counts: Document, rejected: Rejected
) -> Document:
    told = {
        "file": str(subject.path),
        "verdict": "accepted",
        "reason": None,
        "dataset": contract.dataset,
        "contract_version": contract.version,
        "engine": report["engine"],
        "engine_version": report["engine_version"],
        "counts": {name: counts[name] for name in ("rows_in", "valid", "rejected")},
        "rules": broken_rules(compile_rules(contract), rejected.broken),
    }
    judgement = judge(told, contract)  # what the pipeline's gate would say if the file came alone
    return {
        **told,
        "gate": {"verdict": judgement.verdict, "reasons": list(judgement.reasons)},
        "warnings": [one for one in report["warnings"] if one["file"] == counts["index"]],
        "sample": rejected.sample,
    }


def _refused(subject: Subject, refusal: FileRefusedError) -> Document:
    return {"file": str(subject.path), "verdict": "refused", "reason": refusal.reason()}


def _written(subject: Subject, report: Document) -> Finding:
    subject.folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=2)
    (subject.folder / REPORT).write_text(text + "\n", encoding="utf-8")
    return Finding(subject=subject, report=report)
