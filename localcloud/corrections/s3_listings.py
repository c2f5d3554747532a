"""Two corrections of ListObjectVersions.

moto ignores `encoding-type=url`, so some keys break the XML: XML 1.0 cannot hold most control
characters; SDKs therefore ask for encoded keys. And it copies every version of the bucket before
it looks at the prefix, so that looks at each key of a full bucket take the square of its keys.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from moto.core.responses import ActionResult
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

_LISTS = ("Versions", "DeleteMarkers", "CommonPrefixes")
_TEXTS = ("Prefix", "Delimiter", "KeyMarker", "NextKeyMarker")


def encode_versions() -> None:
    """Encode the keys of a listing if that was asked for."""
    responses: Any = S3Response
    listing = responses.list_object_versions
    if hasattr(listing, "__wrapped__"):
        return

    @functools.wraps(listing)
    def list_object_versions(self: Any) -> Any:
        if self.querystring.get("encoding-type") != ["url"]:
            return listing(self)
        serialize = self.serialized

        def serialize_encoded(action: Any) -> Any:
            return serialize(ActionResult(encoded(action.result)))

        self.serialized = serialize_encoded
        return listing(self)

    responses.list_object_versions = list_object_versions


def look_below_the_prefix() -> None:
    """Copy the versions of those keys only that a listing asks for."""
    backends: Any = S3Backend
    listing = backends.list_object_versions
    if hasattr(listing, "__wrapped__"):
        return

    @functools.wraps(listing)
    def list_object_versions(self: Any, *args: Any, prefix: str = "", **options: Any) -> Any:
        return listing(_Below(self, prefix or ""), *args, prefix=prefix, **options)

    backends.list_object_versions = list_object_versions


@dataclass(frozen=True, slots=True)
class _Below:
    """A backend whose buckets have the keys with a prefix only."""

    backend: Any
    prefix: str

    def get_bucket(self, name: str) -> Any:
        """As much of a bucket as a listing looks at."""
        keys = self.backend.get_bucket(name).keys
        names = [key for key in dict.copy(keys) if key.startswith(self.prefix)]
        found = [(key, keys.getlist(key, [])) for key in names]
        return SimpleNamespace(keys=SimpleNamespace(iterlists=lambda: found))


def encoded(result: Mapping[str, Any]) -> dict[str, Any]:
    """The listing with its keys and prefixes in percent-encoding."""
    texts = {name: quote(result[name]) for name in _TEXTS if result.get(name)}
    lists = {
        name: [
            entry | {word: quote(entry[word]) for word in ("Key", "Prefix") if word in entry}
            for entry in result[name]
        ]
        for name in _LISTS
        if name in result
    }
    return {**result, **texts, **lists, "EncodingType": "url"}
