"""The account of a conversion: all splits added up, and stored as parts.json and report.json."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from conversion.engine import Judged
from conversion.outputs import WrittenPart
from conversion.storage import Storage
from pipeline.layout import PARTS, REPORT
from pipeline.report import FileCounts, Outcome, Part, Sample, parts_document, report_document

Document = Mapping[str, Any]


def store_account(manifest: Document, result: Outcome, storage: Storage) -> str:
    """Store the list of parts, and the report last.

    Returns the report's sha256 in hex, or an empty text if the attempt has a report already.
    """
    report = json.dumps(report_document(manifest, result), ensure_ascii=False).encode()
    storage.put(PARTS, parts_document(result.parts))
    return hashlib.sha256(report).hexdigest() if storage.put_new(REPORT, report) else ""


def outcome(
    manifest: Document,
    judged: Sequence[Judged],
    storage: Storage,
    *,
    engine: str,
    engine_version: str,
    seconds: float,
) -> Outcome:
    """Add up what became of all splits, given in order."""
    of_file = {index: list(group) for index, group in groupby(judged, lambda j: j.split.file_index)}
    sample = Sample()
    for result in judged:
        for row in result.sample.rows:
            sample.add(row)
    rejected = [(None, part) for result in judged for part in result.rejected_parts]
    mendable = [(None, part) for result in judged for part in result.rejected_csv]
    valid = [(result.split.file_index, part) for result in judged for part in result.parts]
    return Outcome(
        engine=engine,
        engine_version=engine_version,
        seconds=seconds,
        files=[_counts(of_file.get(file["index"], ())) for file in manifest["files"]],
        broken=sum((result.broken for result in judged), Counter()),
        sample=sample.rows,
        parts=_listed(valid, storage),
        rejected_parts=_listed(rejected, storage),
        rejected_csv=_listed(mendable, storage),
        parts_key=storage.key(PARTS),
    )


def _counts(judged: Sequence[Judged]) -> FileCounts:
    return FileCounts(
        rows_in=sum(result.split.records for result in judged),
        valid=sum(result.valid for result in judged),
    )


def _listed(parts: Sequence[tuple[int | None, WrittenPart]], storage: Storage) -> list[Part]:
    return [
        Part(
            index=index,
            file_index=file_index,
            key=storage.key(part.name),
            bytes=part.bytes,
            rows=part.rows,
            sha256=part.sha256,
        )
        for index, (file_index, part) in enumerate(parts)
    ]
