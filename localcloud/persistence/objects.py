"""Keeps S3: each object version is written once, each change of a key as the order of versions."""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree as ET

from moto.s3.models import FakeDeleteMarker, FakeKey, s3_backends

from localcloud.http.wsgi import Environ, raw_path, read_body
from localcloud.persistence.journal import Journal, read
from localcloud.persistence.pickling import dump, load

_REWRITING = {"acl", "legal-hold", "restore", "retention"}
_TAGGING = {"tagging", "uploadId"}
_TAGGING_HEADERS = frozenset({"HTTP_X_AMZ_TAGGING", "HTTP_X_AMZ_COPY_SOURCE"})
_SERIAL = "journal_serial"
_NOWHERE = -1


class ObjectKeeper:
    """Restores all buckets on construction; from then on `note` is told of each write."""

    def __init__(self, path: Path, *, account: str) -> None:
        self._backend: Any = s3_backends[account]["aws"]
        self._serials = itertools.count()
        restore = _Restoration(self._backend)
        for record in read(path):
            restore.apply(record)
        self._journal = Journal.begin(path, self._everything())

    def note(self, environ: Environ) -> None:
        """Write down what a request has changed; call it before others may write."""
        bucket, keys = _touched(environ)
        if not bucket:
            return
        query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
        held = self._backend.buckets.get(bucket)
        if held is None:
            self._journal.append(dump(("gone", bucket)))
        elif not keys:
            self._journal.append(self._bucket(held))
        else:
            for key in keys:
                if query.keys() & _REWRITING:
                    _forget_serials(held.keys.getlist(key, []))
                self._journal.append(*self._key(held, key))
            if query.keys() & _TAGGING or not _TAGGING_HEADERS.isdisjoint(environ):
                self._journal.append(dump(("tags", self._backend.tagger)))

    def close(self) -> None:
        """Write no more."""
        self._journal.close()

    def _everything(self) -> Iterator[bytes]:
        yield dump(("tags", self._backend.tagger))
        for bucket in self._backend.buckets.values():
            yield self._bucket(bucket)
            for key in list(bucket.keys):
                _forget_serials(bucket.keys.getlist(key, []))
                yield from self._key(bucket, key)

    def _bucket(self, bucket: Any) -> bytes:
        """A bucket without its objects; uploads in parts that are under way are not kept."""
        shell = copy.copy(bucket)
        shell.keys = type(bucket.keys)()
        shell.multiparts = {}
        return dump(("bucket", bucket.name, shell))

    def _key(self, bucket: Any, key: str) -> Iterator[bytes]:
        versions = bucket.keys.getlist(key, [])
        for version in versions:
            if _SERIAL not in vars(version):
                content = dump(version, name=functools.partial(_reference, root=version))
                serial = next(self._serials)
                setattr(version, _SERIAL, serial)
                yield dump(("version", serial, content))
        order = [getattr(version, _SERIAL) for version in versions]
        yield dump(("order", bucket.name, key, order))


class _Restoration:
    """Applies the records of a journal in order."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._versions: dict[int, Any] = {}

    def apply(self, record: bytes) -> None:
        kind, *facts = load(record)
        buckets = self._backend.buckets
        match kind:
            case "tags":
                [self._backend.tagger] = facts
            case "gone":
                buckets.pop(facts[0], None)
                s3_backends.bucket_accounts.pop(facts[0], None)
            case "bucket":
                name, shell = facts
                if name in buckets:
                    shell.keys = buckets[name].keys
                buckets[name] = shell
                s3_backends.bucket_accounts[name] = (shell.partition, shell.account_id)
            case "version":
                serial, content = facts
                self._versions[serial] = load(content, find=self._versions.get)
            case "order":
                name, key, serials = facts
                self._order(buckets[name].keys, key, serials)

    def _order(self, keys: Any, key: str, serials: list[int]) -> None:
        if serials:
            keys.setlist(key, [self._versions[serial] for serial in serials])
        elif key in keys:
            keys.pop(key)


def _forget_serials(versions: list[Any]) -> None:
    for version in versions:
        vars(version).pop(_SERIAL, None)


def _reference(part: Any, root: Any) -> int | None:
    """What stands for another version inside of one; parts of an upload are not kept twice."""
    if part is root or not isinstance(part, FakeKey | FakeDeleteMarker):
        return None
    return int(getattr(part, _SERIAL, _NOWHERE))


def _touched(environ: Environ) -> tuple[str, list[str]]:
    """The bucket of a request and the keys that it may have changed."""
    bucket, _, key = raw_path(environ).lstrip("/").partition("/")
    if key:
        return unquote(bucket), [unquote(key)]
    if "delete" in dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)):
        listed = ET.fromstring(read_body(environ)).iter()  # noqa: S314  moto has parsed it before
        return unquote(bucket), [str(part.text) for part in listed if part.tag.endswith("Key")]
    return unquote(bucket), []
