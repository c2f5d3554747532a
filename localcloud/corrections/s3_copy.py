"""moto ignores `x-amz-copy-source-if-match`: a copy of changed bytes must fail with 412.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from moto.s3.exceptions import PreconditionFailed
from moto.s3.responses import S3Response

_HEADER = "x-amz-copy-source-if-match"


def honour_conditions() -> None:
    """Compare the entity tag before an object or a part is copied."""
    for name in ("copy_object", "upload_part_copy"):
        copy = getattr(S3Response, name)
        if not hasattr(copy, "__wrapped__"):
            setattr(S3Response, name, _checked(copy))


def _checked(copy: Any) -> Any:
    @functools.wraps(copy)
    def checked(self: Any) -> Any:
        wanted = self.headers.get(_HEADER)
        if wanted is not None:
            source = urlsplit(self.headers["x-amz-copy-source"])
            bucket, _, key = unquote(source.path).lstrip("/").partition("/")
            version = parse_qs(source.query).get("versionId", [None])[0]
            found = self.backend.get_object(bucket, key, version_id=version)
            if found is not None and found.etag.strip('"') != wanted.strip('"'):
                raise PreconditionFailed(_HEADER)
        return copy(self)

    return checked
