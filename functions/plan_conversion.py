"""Plan Conversion: stages the pinned bytes and writes the manifest that the conversion works from.

Input:
    `{run, files: [{file, findings_uri}], small_path_max_bytes, max_glue_workers, own_workers,
    rows_per_part}`; the accepted files, and four parameters of the stack as texts.
Output:
    `{manifest_uri, engine_uri, bytes, files, engine, workers}`; `bytes` of text decide on `engine`,
    which is `duckdb`, `spark` or `own`, and on the job's `workers`, or the shares of one's own;
    at `engine_uri` lies the engine's code, for the job, named by its sha256.
Errors:
    FileRefusedError (a version vanished), EventError, TransientError.

Safe to repeat: the same copies and the same manifest are written again. What is usual by the runs
loaded last, where the contract compares with it, stands in the manifest as it was found here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from conversion.archive import archive_name, engine_archive
from pipeline import layout
from pipeline.contracts.contract import Contract
from pipeline.contracts.contract_shelf import known_contract
from pipeline.runs.manifest import manifest_document
from pipeline.runs.resources import resources_for
from pipeline.text.file_text import is_text
from stores import aws, traces
from stores.control import ControlTable
from stores.loaded_runs import LoadedRuns
from stores.objects import PinnedObject, read_document, write_bytes, write_document
from stores.staging import stage

THREADS = 8
"""Files staged at a time: copies are S3's work, not ours."""

aws.at_init(aws.s3)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Stage the files and write the manifest."""
    run = event["run"]
    contract = known_contract(run["dataset"])
    with ThreadPoolExecutor(max_workers=THREADS) as threads:
        files = list(threads.map(lambda f: _staged(run["run_id"], f), event["files"]))
    manifest = manifest_document(
        run_id=run["run_id"],
        contract=contract,
        files=files,
        rows_per_part=int(event["rows_per_part"]),
        past=_past(contract),
    )
    key = layout.manifest_key(run["run_id"])
    text_bytes = sum(findings["text_bytes"] for _, findings in files)
    resources = resources_for(
        text_bytes,
        small_path_max_bytes=int(event["small_path_max_bytes"]),
        max_workers=int(event["max_glue_workers"]),
        own_workers=int(event["own_workers"]),
        splits=sum(len(findings["splits"]) for _, findings in files),
    )
    archive = engine_archive()
    engine_key = layout.engine_key(run["run_id"], archive_name(archive))
    write_bytes(aws.s3(), os.environ["WORK_BUCKET"], engine_key, archive)
    return {
        "manifest_uri": write_document(aws.s3(), os.environ["WORK_BUCKET"], key, manifest),
        "engine_uri": layout.s3_uri(os.environ["WORK_BUCKET"], engine_key),
        "bytes": text_bytes,
        "files": len(files),
        "engine": resources.engine,
        "workers": resources.workers,
    }


def _past(contract: Contract) -> list[dict[str, Any]]:
    """Return the runs that say what is usual, if the contract wants to know."""
    if not contract.quality.compares:
        return []
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    return LoadedRuns(control).latest(contract.dataset, contract.quality.compare_runs)


def _staged(run_id: str, accepted: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the URI of a file's text and the file's findings; text is copied, at its version."""
    bucket = os.environ["WORK_BUCKET"]
    findings = read_document(aws.s3(), *layout.split_uri(accepted["findings_uri"]))
    file = findings["file"]
    key = layout.source_key(run_id, file["index"])
    if is_text(file["compression"], is_canonical=findings["is_canonical"]):
        stage(PinnedObject.of(aws.s3(), file), bucket=bucket, key=key)
    return layout.s3_uri(bucket, key), {**findings, "file": {**file, "compression": None}}
