"""The account of a conversion: all splits added up, and stored as parts.json and report.json."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from conversion.engine import Judged
from conversion.outputs import WrittenPart
from conversion.storage import Storage
from conversion.workshop import VERSION
from pipeline.layout import PARTS, REPORT
from pipeline.runs.report import FileCounts, Outcome, Part, Sample, parts_document, report_document
from pipeline.text.oddities import added_up

log = logging.getLogger(__name__)

Document = Mapping[str, Any]


def store_account(manifest: Document, result: Outcome, storage: Storage) -> str:
    """Store the list of parts, and the report last.

    Returns the report's sha256 in hex, or an empty text if the attempt has a report already.
    """
    report = json.dumps(report_document(manifest, result), ensure_ascii=False).encode()
    storage.put(PARTS, parts_document(result.parts))
    return hashlib.sha256(report).hexdigest() if storage.put_new(REPORT, report) else ""


def store_duckdb_account(
    manifest: Document, judged: Sequence[Judged], storage: Storage, *, seconds: float
) -> tuple[Document, str]:
    """Store the account of a conversion in one process; return the report and its sha256.

    An attempt that has a report already keeps it, and the sha256 is that one's.
    """
    result = outcome(
        manifest, judged, storage, engine="duckdb", engine_version=VERSION, seconds=seconds
    )
    digest = store_account(manifest, result, storage)
    if not digest:
        log.warning("this attempt has a report already", extra={"run_id": manifest["run_id"]})
        digest = hashlib.sha256(storage.find(REPORT) or b"").hexdigest()
    return report_document(manifest, result), digest


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
    values = sum((part.values for _, part in valid), Counter())
    return Outcome(
        engine=engine,
        engine_version=engine_version,
        seconds=seconds,
        files=[_counts(of_file.get(file["index"], ())) for file in manifest["files"]],
        broken=sum((result.broken for result in judged), Counter()),
        values={name: values[name] for name in manifest.get("counted", ())},
        sample=sample.rows,
        oddities={
            index: added_up(one for result in results for one in result.oddities)
            for index, results in of_file.items()
        },
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
