"""The files of a run as they were dropped, wherever they rest now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.layout import split_uri
from sluice.runs.run import RunFile
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError

if TYPE_CHECKING:
    from botocore.response import StreamingBody

_GONE = frozenset({"404", "NoSuchKey", "NoSuchVersion"})


def original(cloud: Cloud, file: RunFile) -> StreamingBody:
    """A file's bytes from archive, quarantine or landing zone.

    Raises:
        NotFoundError: it is not there (any more).
    """
    bucket, key = cloud.stack.landing_bucket, file.key
    version: dict[str, Any] = {"VersionId": file.version_id}
    if file.destination_uri:
        bucket, key = split_uri(file.destination_uri)
        version = {}
    try:
        return cloud.s3.get_object(Bucket=bucket, Key=key, **version)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise
        raise NotFoundError(f"there is no s3://{bucket}/{key} (any more)") from None
