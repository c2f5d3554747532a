"""Validate Content: every byte of a file, streamed in bounded memory.

Input:
    `{run, file, header}`; as the two validators before returned them.
Output:
    `{findings_uri, records, bytes}`; `bytes` counts the decompressed text.
Errors:
    FileRefusedError, TransientError.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pipeline import layout
from pipeline.content_scan import scan_content
from pipeline.contract_shelf import known_contract
from pipeline.file_text import text_of
from pipeline.manifest import findings_document
from stores import aws
from stores.objects import PinnedObject, write_document


@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Scan the file and write down what the conversion must know."""
    run, file = event["run"], event["file"]
    contract = known_contract(run["dataset"])
    source = PinnedObject.of(aws.s3(), file)
    content = scan_content(text_of(source, file["compression"]), contract.dialect)
    findings_uri = write_document(
        aws.s3(),
        os.environ["WORK_BUCKET"],
        layout.findings_key(run["run_id"], file["index"]),
        findings_document(file, event["header"], content.findings()),
    )
    return {"findings_uri": findings_uri, "records": content.records, "bytes": content.text_bytes}
