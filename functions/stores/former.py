"""Keeps what the table held before, beside the run that wrote over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipeline import layout
from pipeline.rows.former import Former, packed
from stores.aws import code_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class FormerItems:
    """What the rows of one part replaced."""

    s3: S3Client
    bucket: str
    run_id: str
    part: int

    def keep(self, row: int, formers: Iterable[Former]) -> None:
        """Write what was replaced from this row on, unless an attempt before has.

        The first one knows the most: whoever comes after it meets this run's own rows.
        """
        key = layout.former_key(self.run_id, self.part, row)
        try:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=packed(formers), IfNoneMatch="*")
        except ClientError as error:
            if code_of(error) != "PreconditionFailed":
                raise
