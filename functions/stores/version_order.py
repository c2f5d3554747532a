"""The order of the versions of a key that share a second, kept after the versions have gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline import timestamps
from pipeline.rows.version_order import merged, source_version
from stores.control import ControlTable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def order_version(
    client: S3Client,
    control: ControlTable,
    *,
    bucket: str,
    key: str,
    version_id: str,
    last_modified: datetime,
) -> str:
    """Return a version's source version; the same one whenever and however often it is asked."""
    second = last_modified.replace(microsecond=0)
    listed = [*_versions(client, bucket, key, second), version_id]
    order = _keep(control, f"ORDER#{bucket}#{key}", timestamps.to_text(second), listed)
    return source_version(second, order.index(version_id), key)


def _keep(control: ControlTable, pk: str, sk: str, listed: Sequence[str]) -> Sequence[str]:
    """Merge the listed versions into the order that is known; returns it as it is kept."""
    while True:
        item = control.get(pk, sk)
        known: list[str] = list(item["versions"]) if item else []
        order = list(merged(known, listed))
        condition = "#versions = :known" if item else "attribute_not_exists(pk)"
        values: dict[str, object] = {":known": known} if item else {}
        if order == known or control.update(
            pk, sk, {"versions": order}, condition=condition, values=values
        ):
            return order


def _versions(client: S3Client, bucket: str, key: str, second: datetime) -> Sequence[str]:
    """Return the existing versions of the key with that second, oldest first.

    S3 lists versions newest first even where their seconds are equal.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
    """
    found: list[str] = []
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    for page in pages:
        for version in page.get("Versions", []):
            if version["Key"] != key:
                return found[::-1]
            if version["LastModified"].replace(microsecond=0) == second:
                found.append(version["VersionId"])
    return found[::-1]
