"""What lies in the landing zone, version by version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.runs.identity import FileVersion

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Landing:
    """The landing bucket."""

    client: S3Client
    bucket: str

    def versions(self, prefix: str, *, only_latest: bool = False) -> Iterator[FileVersion]:
        """Yield what lies below a prefix, in the order of keys.

        An overwritten version whose event was lost is a file too: it must end somewhere.
        A key that somebody has deleted is left alone, with all its versions.
        """
        deleted = set[str]()
        pages = self.client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
            deleted |= {m["Key"] for m in page.get("DeleteMarkers", ()) if m["IsLatest"]}
            for version in page.get("Versions", ()):
                wanted = version["IsLatest"] or not only_latest
                if wanted and version["Key"] not in deleted:
                    yield FileVersion(
                        bucket=self.bucket,
                        key=version["Key"],
                        version_id=version["VersionId"],
                        etag=version["ETag"].strip('"'),
                        size_bytes=version["Size"],
                    )

    def named(self, key: str, version_id: str) -> list[FileVersion]:
        """Return a version of exactly this key; the latest one if `version_id` is empty."""
        return [
            file
            for file in self.versions(key, only_latest=not version_id)
            if file.key == key and version_id in ("", file.version_id)
        ]
