"""The reports of the runs whose rejected rows a run's files mend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline import layout
from stores.aws import code_of
from stores.objects import read_document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = frozenset({"NoSuchKey", "AccessDenied"})
"""Without the right to list a bucket S3 says AccessDenied of an object that is not there."""


def mended_reports(client: S3Client, bucket: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """Return those reports by key, as `quality.judge` takes them; what is gone counts as none."""
    named = {layout.mended_report_key(file["key"]) for file in report["files"]}
    found = {}
    for key in filter(None, named):
        try:
            found[key] = read_document(client, bucket, key)
        except ClientError as error:
            if code_of(error) not in _GONE:
                raise
    return found
