"""Convert Small: the contract on DuckDB, for batches that need no cluster.

Input:
    `{run, manifest_uri, output_uri}`; `output_uri` ends in `/` and belongs to this attempt alone.
Output:
    `{report_uri, report_sha256}`.
Errors:
    ReconciliationError (rows are unaccounted for), EngineError, EventError, TransientError.

Writes what the Glue job would have written, by the same engine: parts, parts.json, and report.json
last and once.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from conversion.account import store_duckdb_account
from conversion.conversion import convert
from conversion.engine import Engine
from conversion.storage import S3Storage
from conversion.threads import Threads
from conversion.workshop import Workshop
from pipeline import layout
from stores import aws, traces
from stores.objects import read_document

aws.at_init(aws.s3)

DUCKDB_SHARE = 0.5
"""Of the function's memory; the rest is for Python, uploads and the page cache of /tmp."""

MEBIBYTE = 1024 * 1024


@traces.told
@aws.transient_named
def handler(event: Mapping[str, str], context: object) -> dict[str, str]:
    """Convert the manifest's files and write the report."""
    started = time.monotonic()
    manifest = read_document(aws.s3(), *layout.split_uri(event["manifest_uri"]))
    bucket, prefix = layout.split_uri(event["output_uri"])
    storage = S3Storage(client=aws.s3(), bucket=bucket, prefix=prefix)
    memory_bytes = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]) * MEBIBYTE
    with (
        tempfile.TemporaryDirectory() as folder,
        Workshop.open(Path(folder), int(memory_bytes * DUCKDB_SHARE)) as workshop,
    ):
        engine = Engine(manifest=manifest, storage=storage, workshop=workshop)
        judged = convert(manifest, Threads(engine=engine, count=os.cpu_count() or 1))
    seconds = time.monotonic() - started
    _, digest = store_duckdb_account(manifest, judged, storage, seconds=seconds)
    return {"report_uri": event["output_uri"] + layout.REPORT, "report_sha256": digest}
