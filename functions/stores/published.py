"""Published rows in the working bucket: written part by part, listed last.

A file version has its objects to itself, so writing them again replaces them, and nothing of
another file is ever touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline import layout
from pipeline.rows.publication import Compression, Publication, PublishedPart, Source, packed
from stores.aws import code_of
from stores.objects import read_document, write_document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})


@dataclass(frozen=True, slots=True)
class Published:
    """What is published in a bucket."""

    s3: S3Client
    bucket: str

    def publication(self, source: Source) -> Publication | None:
        """Return what is published of a file version."""
        if source.publication_key not in self._keys(source.publication_key):
            return None
        return Publication.parse(read_document(self.s3, self.bucket, source.publication_key))

    def publications(self, dataset: str) -> Iterator[Publication]:
        """Yield what is published of each file version of a dataset."""
        for key in self._keys(layout.publication_prefix(dataset)):
            yield Publication.parse(read_document(self.s3, self.bucket, key))

    def standing(self, key: str, *, made_of: str, rows: int) -> PublishedPart | None:
        """Return a part that was put before from the same rows."""
        try:
            head = self.s3.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if code_of(error) in _ABSENT:
                return None
            raise
        if head["Metadata"].get("made-of") != made_of:
            return None
        return PublishedPart(
            key=key, rows=rows, bytes=head["ContentLength"], sha256=head["Metadata"]["sha256"]
        )

    def put(
        self, key: str, body: bytes, *, made_of: str, rows: int, compression: Compression
    ) -> PublishedPart:
        """Write one part; `made_of` tells from which rows, to whoever comes again."""
        stored = packed(body, compression)
        digest = hashlib.sha256(stored).hexdigest()
        self.s3.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=stored,
            ContentType="application/json",
            Metadata={"made-of": made_of, "sha256": digest},
        )
        return PublishedPart(key=key, rows=rows, bytes=len(stored), sha256=digest)

    def close(self, publication: Publication) -> None:
        """Remove what else lies there of the file version, then say which parts it has."""
        self._remove(publication.source, keep={part.key for part in publication.parts})
        write_document(
            self.s3, self.bucket, publication.source.publication_key, publication.as_document()
        )

    def withdraw_run(self, report: Mapping[str, Any]) -> int:
        """Take back what the run of a report has published; returns of how many files.

        What another run has published of the same file versions since stays.
        """
        withdrawn = 0
        for file in report["files"]:
            names = ("key", "version_id", "source_version")
            source = Source(dataset=report["dataset"], **{name: file[name] for name in names})
            known = self.publication(source)
            if known is not None and known.run_id == report["run_id"]:
                self.withdraw(source)
                withdrawn += 1
        return withdrawn

    def withdraw(self, source: Source) -> None:
        """Take back what is published of a file version; it may be gone already."""
        self._remove(source, keep=frozenset())
        self.s3.delete_object(Bucket=self.bucket, Key=source.publication_key)

    def _remove(self, source: Source, *, keep: set[str] | frozenset[str]) -> None:
        for key in self._keys(source.prefix):
            if key not in keep:
                self.s3.delete_object(Bucket=self.bucket, Key=key)

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for page in pages:
            for found in page.get("Contents", []):
                yield found["Key"]
