"""Validate Content: every byte of a file, streamed in bounded memory.

Input:
    `{run, file, header}`; as the two validators before returned them.
Output:
    `{findings_uri, records, bytes}`; `bytes` counts the decompressed text.
Errors:
    FileRefusedError, TransientError.

Of a file that is compressed the text is stored, as the source of the conversion: it is read here
once, and from then on every engine reads plain text.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pipeline import layout
from pipeline.content_scan import scan_content
from pipeline.contract_shelf import known_contract
from pipeline.file_text import is_text, text_of
from pipeline.manifest import findings_document
from stores import aws
from stores.objects import PinnedObject, write_document
from stores.text_store import TextUpload

aws.at_init(aws.s3)


@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Scan the file and write down what the conversion must know."""
    run, file = event["run"], event["file"]
    contract = known_contract(run["dataset"])
    with _text(run["run_id"], file) as text:
        content = scan_content(text, contract.dialect)
    findings_uri = write_document(
        aws.s3(),
        os.environ["WORK_BUCKET"],
        layout.findings_key(run["run_id"], file["index"]),
        findings_document(file, event["header"], content.findings()),
    )
    return {"findings_uri": findings_uri, "records": content.records, "bytes": content.text_bytes}


@contextmanager
def _text(run_id: str, file: Mapping[str, Any]) -> Iterator[Iterator[bytes]]:
    """Give a file's text; what is not stored as such is stored while it is read."""
    pieces = text_of(PinnedObject.of(aws.s3(), file), file["compression"])
    if is_text(file["compression"]):
        yield pieces
        return
    key = layout.source_key(run_id, file["index"])
    with TextUpload(client=aws.s3(), bucket=os.environ["WORK_BUCKET"], key=key) as upload:
        yield upload.keeping(pieces)
