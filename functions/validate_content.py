"""Validate Content: every byte of a file, streamed in bounded memory.

Input:
    `{run, file, header}`; as the two validators before returned them.
Output:
    `{findings_uri, records, bytes}`; `bytes` counts the canonical text.
Errors:
    FileRefusedError, TransientError.

Of a file that is compressed or not canonical the text is stored, as the source of the conversion:
it is read here once, and from then on every engine reads plain text of one kind. A file that takes
longer than the function may run is refused with what to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from conversion.re2_patterns import compiled
from pipeline import layout
from pipeline.contracts.contract_shelf import known_contract
from pipeline.errors import FileRefusedError
from pipeline.runs.manifest import findings_document
from pipeline.text.canonical_text import canonical_text
from pipeline.text.content_scan import scan_content
from pipeline.text.file_text import is_text, text_of
from stores import aws, traces
from stores.objects import PinnedObject, write_document
from stores.text_store import TextUpload

aws.at_init(aws.s3)

RESERVE_MILLISECONDS = 30_000
"""For what is left to do once the last byte is read, and for a slow piece before."""


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: aws.Context) -> dict[str, Any]:
    """Scan the file and write down what the conversion must know."""
    run, file, header = event["run"], event["file"], event["header"]
    dialect = known_contract(run["dataset"]).of_file(file["key"]).dialect
    pieces = canonical_text(
        _in_time(text_of(PinnedObject.of(aws.s3(), file), file["compression"]), context),
        dialect,
        head_lines=header["lines"],
        width=len(header["columns"]),
        compiled=compiled,
    )
    is_kept = not is_text(file["compression"], is_canonical=dialect.is_canonical)
    with _stored(pieces, run["run_id"], file["index"], is_kept=is_kept) as text:
        content = scan_content(text, dialect, head_lines=header["lines"])
    findings_uri = write_document(
        aws.s3(),
        os.environ["WORK_BUCKET"],
        layout.findings_key(run["run_id"], file["index"]),
        findings_document(file, header, content.findings()),
    )
    return {"findings_uri": findings_uri, "records": content.records, "bytes": content.text_bytes}


def _in_time(pieces: Iterator[bytes], context: aws.Context) -> Iterator[bytes]:
    """Give a file's text for as long as there is time to read it."""
    read_bytes = 0
    for piece in pieces:
        if context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
            message = (
                f"only the first {read_bytes:,} bytes of its text could be read in the time that"
                " there is for the file: split it into files of fewer, or write it in UTF-8 with"
                " quotes doubled, which is read faster"
            )
            raise FileRefusedError("too_large", message)
        yield piece
        read_bytes += len(piece)


@contextmanager
def _stored(
    pieces: Iterator[bytes], run_id: str, index: int, *, is_kept: bool
) -> Iterator[Iterator[bytes]]:
    """Give a file's text; what the dropped bytes are not is stored while it is read."""
    if not is_kept:
        yield pieces
        return
    key = layout.source_key(run_id, index)
    with TextUpload(client=aws.s3(), bucket=os.environ["WORK_BUCKET"], key=key) as upload:
        yield upload.keeping(pieces)
