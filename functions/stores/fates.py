"""What the stack knows about one file that was sent: its claim, its run, and its own rows only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from pipeline import layout
from pipeline.door.fate import MOST_PLACES, Account, Fate, fate
from pipeline.runs.records import Claim, RunRecord
from pipeline.runs.settlement import Reason
from pipeline.words.sender import Place, place_of
from stores import aws
from stores.claims import Claims
from stores.control import ControlTable
from stores.runs import Runs

_CHUNK_BYTES = 1 << 16
_GONE = frozenset({"NoSuchKey", "404", "AccessDenied"})
"""Whoever may not list a bucket is told AccessDenied of what is not there."""


@dataclass(frozen=True, slots=True)
class Fates:
    """Reads, for one file version, what its sender may be told."""

    control: ControlTable

    def of(self, bucket: str, key: str, version_id: str) -> Fate:
        """Return what became of a file version."""
        claim = Claims(self.control).get(bucket, key, version_id)
        run = Runs(self.control).get(claim.run_id) if claim else None
        if claim is None or run is None or not run.ended:
            return fate(claim, run)
        return fate(claim, run, self._account(claim, run), self._reason(claim))

    def _account(self, claim: Claim, run: RunRecord) -> Account | None:
        report = _document(run.report_uri)
        return Account.of(
            report, claim, list(islice(self._places(report, claim, run), MOST_PLACES))
        )

    def _places(self, report: Mapping[str, Any], claim: Claim, run: RunRecord) -> Iterator[Place]:
        """Yield the places of this file's rejected rows, from those parts that are its own."""
        index = next((f["index"] for f in report.get("files", ()) if _is_of(f, claim)), None)
        if index is None:
            return
        bucket, _ = layout.split_uri(run.report_uri)
        own = layout.rejected_name(index)
        for part in report.get("rejected_parts", ()):
            if f"/{own}" in part["key"]:
                rows = map(json.loads, _lines(bucket, part["key"]))
                yield from (place_of(row) for row in rows if _is_of(row, claim, key="file"))

    def _reason(self, claim: Claim) -> Reason | None:
        if claim.disposition != "quarantined" or not claim.destination_uri:
            return None
        bucket, key = layout.split_uri(claim.destination_uri)
        return Reason.parse(_document(layout.s3_uri(bucket, layout.reason_key(key))))


def _is_of(document: Mapping[str, Any], claim: Claim, *, key: str = "key") -> bool:
    return (document[key], document["version_id"]) == (claim.key, claim.version_id)


def _document(uri: str) -> dict[str, Any]:
    """Return a JSON document; empty if there is none, or none any more."""
    if not uri:
        return {}
    bucket, key = layout.split_uri(uri)
    try:
        content = aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if aws.code_of(error) in _GONE:
            return {}
        raise
    found: dict[str, Any] = json.loads(content)
    return found


def _lines(bucket: str, key: str) -> Iterator[bytes]:
    """Yield the lines of a part as they come; whoever has enough of them reads no further."""
    try:
        body = aws.s3().get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        if aws.code_of(error) in _GONE:
            return
        raise
    yield from body.iter_lines(_CHUNK_BYTES)
