"""Put a file into the landing zone and find the run that takes it.

A drop never starts an execution: S3 announces the object, and the pipeline does the rest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sluice.stack import control
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import CloudError, OperatorError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# S3's limit on one PutObject.
MAX_PUT_BYTES = 5 * 1024**3
# 10,000 parts of this size hold S3's largest object, 5 TB.
PART_BYTES = 512 * 1024**2
# The executions among which to look for one that died before it claimed its file.
_RECENT = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    """One version of one object in the landing zone."""

    bucket: str
    key: str
    version_id: str
    dataset: str
    size_bytes: int


def drop_file(
    cloud: Cloud,
    path: Path,
    *,
    dataset: str,
    key: str = "",
    max_put_bytes: int = MAX_PUT_BYTES,
) -> Drop:
    """Upload a file to `incoming/<dataset>/<its name>`, or to a key of its own.

    Raises:
        OperatorError: the file cannot be read.
        CloudError: the landing bucket keeps no versions.
    """
    bucket, key = cloud.stack.landing_bucket, key or f"incoming/{dataset}/{path.name}"
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as body:
            version_id = (
                _put(cloud, bucket, key, body)
                if size_bytes <= max_put_bytes
                else _put_in_parts(cloud, bucket, key, body)
            )
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from None
    if version_id is None:
        raise CloudError(f"bucket {bucket} keeps no versions; turn versioning on")
    return Drop(
        bucket=bucket, key=key, version_id=version_id, dataset=dataset, size_bytes=size_bytes
    )


def run_of(cloud: Cloud, drop: Drop) -> str | None:
    """The run that has claimed the drop; None as long as none has."""
    return control.run_of_version(cloud, drop.bucket, drop.key, drop.version_id)


def run_that_names(cloud: Cloud, drop: Drop) -> str | None:
    """The newest execution whose input names the drop: also one that never got to claim it."""
    page = cloud.states.list_executions(
        stateMachineArn=cloud.stack.state_machine_arn, maxResults=_RECENT
    )
    for execution in page["executions"]:
        found = cloud.states.describe_execution(executionArn=execution["executionArn"])
        files = json.loads(found.get("input", "{}")).get("files", [])
        if any((file["key"], file["version_id"]) == (drop.key, drop.version_id) for file in files):
            return execution["name"]
    return None


def _put(cloud: Cloud, bucket: str, key: str, body: BinaryIO) -> str | None:
    return cloud.s3.put_object(Bucket=bucket, Key=key, Body=body).get("VersionId")


def _put_in_parts(cloud: Cloud, bucket: str, key: str, body: BinaryIO) -> str | None:
    """One part after the other; nothing is left behind when it breaks off."""
    upload = cloud.s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    parts: list[CompletedPartTypeDef] = []
    try:
        while chunk := body.read(PART_BYTES):
            number = len(parts) + 1
            sent = cloud.s3.upload_part(
                Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=chunk
            )
            parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        done = cloud.s3.complete_multipart_upload(
            Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
        )
    except BaseException:
        cloud.s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        raise
    return done.get("VersionId")
