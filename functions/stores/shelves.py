"""The end of a file: copied to archive or quarantine, verified, then that version is deleted.

Each step may be repeated at any point: a copy that is right is not made again,
and a version that is gone is no error once its copy is right.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipeline import layout
from pipeline.errors import DigestMismatchError
from pipeline.runs.records import Claim, SettledFile
from pipeline.runs.settlement import UNREADABLE, Ending, Reason, ending
from stores.aws import code_of
from stores.claims import Claims
from stores.objects import PinnedObject, is_unreadable
from stores.staging import stage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

log = logging.getLogger(__name__)

MISSING = "missing"
"""The disposition of a file whose version somebody deleted before the run took it away."""

_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound"})


_BEGUN = (
    Ending(disposition="archived", shelf="archive"),
    Ending(disposition="quarantined", shelf="quarantine"),
)
"""What a copy on a shelf proves; the reason of a quarantined file was written before its copy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEnd:
    """What a run's end means for its files."""

    run_id: str
    dataset: str
    execution_arn: str
    status: str
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Shelves:
    """Archive and quarantine in the working bucket."""

    s3: S3Client
    claims: Claims
    work_bucket: str

    def settle(
        self, run: RunEnd, claim: Claim, *, disposition: str, reason: Reason | None
    ) -> SettledFile:
        """Bring the file of a claim to where it belongs, and close or release the claim.

        A claim that another execution owns is left alone: its file is a duplicate here.
        """
        if claim.owner != run.execution_arn or disposition == "duplicate":
            return _settled(claim, "duplicate")
        if claim.state == "SETTLED":
            return _settled(claim, claim.disposition, claim.destination_uri)
        end = ending(
            disposition=disposition,
            status=run.status,
            run_id=run.run_id,
            file_reason=reason,
            run_reason=run.reason,
            failed_runs=claim.failed_runs,
            interrupted_runs=claim.interrupted_runs,
            verdict=claim.verdict.decision if claim.verdict else None,
            verdict_reason=claim.verdict.reason if claim.verdict else None,
        )
        if end.failed_runs or end.interrupted_runs:
            end = self._begun(run, claim) or end
        if end.shelf is None:
            self.claims.fail(claim, end)
            return _settled(claim, end.disposition)
        return self._put_away(run, claim, end)

    def _begun(self, run: RunEnd, claim: Claim) -> Ending | None:
        """Return the ending that an earlier settlement of this run began before it died.

        Its copy lies there, so the file must not be kept as well.
        """
        source = self._head(claim.bucket, claim.key, claim.version_id)
        for end in _BEGUN:
            target = self._head(self.work_bucket, _key(run, claim, end))
            if target is not None and (source is None or _same(source, target)):
                return end
        return None

    def _put_away(self, run: RunEnd, claim: Claim, end: Ending) -> SettledFile:
        key = _key(run, claim, end)
        uri, disposition = layout.s3_uri(self.work_bucket, key), str(end.disposition)
        if self._is_out_of_reach(claim, key):
            log.error("unreadable, left in the landing zone", extra={"key": claim.key})
            self.claims.settle(claim, disposition=UNREADABLE, destination_uri="")
            return _settled(claim, UNREADABLE)
        if end.reason is not None and end.shelf == "quarantine":
            self._write_reason(key, run, claim, end.reason)
        if self._copied(claim, key):
            self.s3.delete_object(Bucket=claim.bucket, Key=claim.key, VersionId=claim.version_id)
        else:
            uri, disposition = "", MISSING
        self.claims.settle(claim, disposition=disposition, destination_uri=uri)
        return _settled(claim, disposition, uri)

    def _is_out_of_reach(self, claim: Claim, key: str) -> bool:
        """Tell whether the file can be copied nowhere; only its first byte tells."""
        try:
            first = self.s3.get_object(
                Bucket=claim.bucket, Key=claim.key, VersionId=claim.version_id, Range="bytes=0-0"
            )
            first["Body"].close()
        except ClientError as error:  # any other error is the copy's
            return is_unreadable(error) and self._head(self.work_bucket, key) is None
        return False

    def _copied(self, claim: Claim, key: str) -> bool:
        """Make sure of the copy; False if there is neither source nor copy."""
        source = self._head(claim.bucket, claim.key, claim.version_id)
        target = self._head(self.work_bucket, key)
        if source is None:
            return target is not None
        if target is None or not _same(source, target):
            etag = source["ETag"].strip('"')
            pinned = PinnedObject(
                client=self.s3,
                bucket=claim.bucket,
                key=claim.key,
                version_id=claim.version_id,
                etag=etag,
                size_bytes=source["ContentLength"],
            )
            metadata = {
                "source-key-sha256": hashlib.sha256(claim.key.encode()).hexdigest(),
                "source-version": claim.version_id,
                "source-etag": etag,
            }
            stage(pinned, bucket=self.work_bucket, key=key, metadata=metadata)
            target = self._head(self.work_bucket, key)
        if target is None or not _same(source, target):
            raise DigestMismatchError(
                f"the copy {key} differs from version {claim.version_id} of {claim.key}; "
                "the original stays"
            )
        return True

    def _write_reason(self, key: str, run: RunEnd, claim: Claim, reason: Reason) -> None:
        document = reason.as_document() | {
            "status": run.status,
            "run_id": run.run_id,
            "dataset": run.dataset,
            "key": claim.key,
            "version_id": claim.version_id,
        }
        self.s3.put_object(
            Bucket=self.work_bucket,
            Key=layout.reason_key(key),
            Body=json.dumps(document, ensure_ascii=False, indent=2).encode(),
            ContentType="application/json",
        )

    def _head(
        self, bucket: str, key: str, version_id: str | None = None
    ) -> HeadObjectOutputTypeDef | None:
        try:
            if version_id is None:
                return self.s3.head_object(Bucket=bucket, Key=key)
            return self.s3.head_object(Bucket=bucket, Key=key, VersionId=version_id)
        except ClientError as error:
            if code_of(error) in _ABSENT or is_unreadable(error):
                return None
            raise


def _key(run: RunEnd, claim: Claim, end: Ending) -> str:
    place = layout.archive_key if end.shelf == "archive" else layout.quarantine_key
    return place(run.dataset, run.run_id, claim.version_id, claim.key)


def _same(source: HeadObjectOutputTypeDef, target: HeadObjectOutputTypeDef) -> bool:
    """True if both have the same size and the copy was made from this very ETag."""
    return source["ContentLength"] == target["ContentLength"] and target["Metadata"].get(
        "source-etag"
    ) == source["ETag"].strip('"')


def _settled(claim: Claim, disposition: str, uri: str = "") -> SettledFile:
    return SettledFile(
        key=claim.key,
        version_id=claim.version_id,
        disposition=disposition,
        destination_uri=uri,
    )
