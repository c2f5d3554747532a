"""Copies objects between S3 and the folders that Spark sees as buckets.

In: everything below the folder of each `s3://` URI among the arguments of a run and the texts of
its script, where the folder of
`s3://b/x/y.json` is `s3://b/x/`, and of `s3://b/x/` that itself. Out: every file that is new or
changed afterwards, in the order in which the job finished them, so that what it wrote last
appears last; then the deletions. Checksum files and the committers' temporary folders stay.

Not every key is the path of a file: one that is none, or that would lead out of its bucket's
folder, is left out, and no symbolic link is followed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from localcloud.glue.spark_settings import bucket_folder

Item = TypeVar("Item")
TRANSFERS_AT_ONCE = 8
COPY_BYTES = 1 << 20
_NAME_BYTES = 255
"""The longest name of a file on the usual file systems."""
_PLACE = r"s3a?://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<key>\S*))?"
_URI = re.compile(_PLACE)
_URI_IN_TEXT = re.compile(_PLACE.replace("\\S", "[^\\s'\"]"))


@dataclass(frozen=True, order=True, slots=True)
class Prefix:
    """A folder in a bucket; the key is empty or ends with a slash."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file is recognised as unchanged."""

    modified_ns: int
    size_bytes: int


@dataclass(kw_only=True, slots=True)
class Stage:
    """The folders of one run and what was copied into them."""

    work_dir: Path
    stamps: dict[Path, Stamp] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    """URIs of the objects that cannot be files."""
    bytes_in: int = 0


def prefixes_of(arguments: Iterable[str]) -> list[Prefix]:
    """The folders that arguments name, none inside another.

    >>> prefixes_of(["s3://work/runs/1/manifest.json", "s3://work/runs/1/0-0/", "7"])
    [Prefix(bucket='work', key='runs/1/')]
    """
    found = set()
    for argument in arguments:
        if match := _URI.fullmatch(argument):
            folder, slash, _ = (match["key"] or "").rpartition("/")
            found.add(Prefix(match["bucket"], folder + slash))
    return outermost(found)


def outermost(found: Collection[Prefix]) -> list[Prefix]:
    """The folders that are in no other one of them, sorted."""
    return [
        prefix
        for prefix in sorted(found)
        if not any(
            other != prefix and other.bucket == prefix.bucket and prefix.key.startswith(other.key)
            for other in found
        )
    ]


def list_objects(s3: Any, prefixes: Iterable[Prefix]) -> list[tuple[str, str, int]]:
    """Bucket, key and size in bytes of everything below the prefixes."""
    pages = s3.get_paginator("list_objects_v2").paginate
    return [
        (prefix.bucket, item["Key"], item["Size"])
        for prefix in prefixes
        for page in pages(Bucket=prefix.bucket, Prefix=prefix.key)
        for item in page.get("Contents", [])
    ]


def unseen(s3: Any, staged: Iterable[Prefix], message: str) -> str:
    """What to do about objects that a message names, which exist but were not staged."""
    known = list(staged)
    for match in _URI_IN_TEXT.finditer(message):
        bucket, key = match["bucket"], (match["key"] or "").rstrip(".,;:)")
        if any(prefix.bucket == bucket and key.startswith(prefix.key) for prefix in known):
            continue
        try:
            if s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)["KeyCount"]:
                return (
                    f" (s3://{bucket}/{key} exists, but Spark sees here only what lies in a folder "
                    "that an argument or a text of the script names: pass it as an argument)"
                )
        except ClientError:
            continue  # there is no such bucket
    return ""


def stage_in(s3: Any, stage: Stage, objects: Iterable[tuple[str, str, int]]) -> None:
    """Copy the objects into the stage; keys that end with a slash become folders."""
    found = list(objects)
    folders = {
        (bucket, above) for bucket, key, _ in found if is_path(key) for above in _folders_above(key)
    }

    def fetch(found: tuple[str, str, int]) -> None:
        bucket, key, size = found
        target = bucket_folder(stage.work_dir, bucket) / key
        if key.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=key)["Body"], file, COPY_BYTES)
        stage.stamps[target] = _stamp(target)
        stage.bytes_in += size

    files = []
    for bucket, key, size in found:
        if is_path(key) and (bucket, key) not in folders:
            files.append((bucket, key, size))
        else:
            stage.left_out.append(f"s3://{bucket}/{key}")
    _in_parallel(fetch, files)


def is_path(key: str) -> bool:
    """Whether a key can be the path of a file below its bucket's folder.

    >>> [is_path(key) for key in ("a/b.csv", "a/", "../b", "/etc/b", "a//b", "é" * 128)]
    [True, True, False, False, False, False]
    """
    names = key.removesuffix("/").split("/")
    return "\0" not in key and all(
        name not in ("", ".", "..") and len(name.encode()) <= _NAME_BYTES for name in names
    )


def _folders_above(key: str) -> Iterator[str]:
    """Yield what must be a folder so that the key can be a file."""
    return (key[:index] for index, character in enumerate(key) if character == "/")


def stage_out(s3: Any, stage: Stage, prefixes: Iterable[Prefix]) -> int:
    """Copy what the job wrote to S3 and delete what it removed; the number of files written.

    Below `prefixes`, which were staged in, a new file must also be new in S3: the job could
    not see what others wrote there in the meantime, so it must not replace it.

    Raises:
        ClientError: with the code PreconditionFailed for such a conflict.
    """
    written = [path for path in _files(stage) if stage.stamps.get(path) != _stamp(path)]
    written.sort(key=lambda path: (_stamp(path).modified_ns, path))
    staged = list(prefixes)
    for batch in _waves(written):
        _in_parallel(lambda path: _upload(s3, stage, path, staged), batch)
    for path in stage.stamps:
        if not path.exists():
            bucket, key = _place(stage, path)
            s3.delete_object(Bucket=bucket, Key=key)
    return len(written)


def _upload(s3: Any, stage: Stage, path: Path, staged: list[Prefix]) -> None:
    bucket, key = _place(stage, path)
    conditions: Mapping[str, str] = {}
    seen = any(prefix.bucket == bucket and key.startswith(prefix.key) for prefix in staged)
    if seen and path not in stage.stamps:
        conditions = {"IfNoneMatch": "*"}
    with path.open("rb") as content:
        s3.put_object(Bucket=bucket, Key=key, Body=content, **conditions)


def _waves(paths: list[Path]) -> Iterator[list[Path]]:
    """All but the last file at once, then that one by itself: it may vouch for the others."""
    if paths[:-1]:
        yield paths[:-1]
    if paths:
        yield paths[-1:]


def _files(stage: Stage) -> Iterator[Path]:
    for path in (stage.work_dir / "s3").rglob("*"):
        hidden = path.name.startswith(".") and path.name.endswith(".crc")
        if (
            path.is_file()
            and not path.is_symlink()
            and not hidden
            and "_temporary" not in path.parts
        ):
            yield path


def _place(stage: Stage, path: Path) -> tuple[str, str]:
    bucket, _, key = path.relative_to(stage.work_dir / "s3").as_posix().partition("/")
    return bucket, key


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return Stamp(status.st_mtime_ns, status.st_size)


def _in_parallel(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    with ThreadPoolExecutor(TRANSFERS_AT_ONCE, thread_name_prefix="glue-staging") as pool:
        for _ in pool.map(work, items):
            pass
