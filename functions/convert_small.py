"""Convert Small: the contract on DuckDB, for batches that need no cluster.

Input:
    `{run, manifest_uri, output_uri}`; `output_uri` ends in `/` and belongs to this attempt alone.
Output:
    `{report_uri}`.
Errors:
    ReconciliationError (rows are unaccounted for), EventError, TransientError.

Writes what the Glue job would have written: parts, parts.json, and report.json last and once.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conversion.duckdb_engine import Workshop, convert
from conversion.uploads import Uploads
from pipeline import layout
from pipeline.report import parts_document, report_document
from stores import aws
from stores.objects import download, read_document, write_bytes, write_once

log = logging.getLogger(__name__)

DUCKDB_SHARE = 0.5
"""Of the function's memory; the rest is for Python, uploads and the page cache of /tmp."""

MEBIBYTE = 1024 * 1024


@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, str]:
    """Convert the manifest's files and write the report."""
    manifest = read_document(aws.s3(), *layout.split_uri(event["manifest_uri"]))
    bucket, prefix = layout.split_uri(event["output_uri"])
    memory_bytes = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) * MEBIBYTE
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(folder=Path(folder), memory_bytes=int(memory_bytes * DUCKDB_SHARE))
        sources = [_fetched(file, workshop.folder) for file in manifest["files"]]
        compression = manifest["output_compression"]
        with Uploads(aws.s3(), bucket=bucket, prefix=prefix, compression=compression) as uploads:
            outcome = convert(manifest, sources, uploads, workshop, layout.parts_key(prefix))
    write_bytes(aws.s3(), bucket, outcome.parts_key, parts_document(outcome.parts))
    report = json.dumps(report_document(manifest, outcome), ensure_ascii=False).encode()
    report_key = layout.report_key(prefix)
    if not write_once(aws.s3(), bucket, report_key, report):
        log.warning("this attempt has a report already", extra={"key": report_key})
    return {"report_uri": layout.s3_uri(bucket, report_key)}


def _fetched(file: Mapping[str, Any], folder: Path) -> Path:
    """Bring the staged bytes of one file to disk."""
    target = folder / f"source-{file['index']:04d}"
    download(aws.s3(), *layout.split_uri(file["uri"]), target)
    return target
