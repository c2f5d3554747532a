"""Amazon S3, as ItemReader and ResultWriter of a distributed Map use it; its calls block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.maps import readers
from localcloud.stepfunctions.maps.config import ReaderConfig
from localcloud.stepfunctions.maps.results import ResultFile
from localcloud.stepfunctions.query.scope import Json


class Storage:
    """Reads items and writes results."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client

    def read(self, action: str, arguments: Mapping[str, Any], config: ReaderConfig) -> list[Json]:
        """The items, at most as many as `MaxItems` allows.

        Raises:
            StatesError: `States.ItemReaderFailed`.
        """
        source = _list if action == "listObjectsV2" else _read
        try:
            return list(source(self._client("s3"), arguments, config))
        except (ClientError, BotoCoreError) as error:
            raise StatesError("States.ItemReaderFailed", str(error)) from error

    def write(self, bucket: str, files: Sequence[ResultFile]) -> None:
        """Put result files into a bucket.

        Raises:
            StatesError: `States.ResultWriterFailed`.
        """
        s3 = self._client("s3")
        try:
            for file in files:
                s3.put_object(Bucket=bucket, Key=file.key, Body=file.body)
        except (ClientError, BotoCoreError) as error:
            raise StatesError("States.ResultWriterFailed", str(error)) from error


def _read(s3: Any, arguments: Mapping[str, Any], config: ReaderConfig) -> Iterator[Json]:
    """The items inside one object, or inside the objects that a manifest names."""

    def fetch(bucket: str, key: str) -> bytes:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    return readers.read_items(config, s3.get_object(**arguments)["Body"].read(), fetch)


def _list(s3: Any, arguments: Mapping[str, Any], config: ReaderConfig) -> Iterator[Json]:
    """One item for each object, whatever the number of pages; or the items in all objects."""
    pages = s3.get_paginator("list_objects_v2").paginate(**arguments)
    objects = (found for page in pages for found in page.get("Contents", ()))
    if config.flatten:
        bucket = arguments["Bucket"]
        return readers.read_objects(
            config,
            (
                s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
                for found in objects
                if not found["Key"].endswith("/")  # a folder, as consoles make it
            ),
        )
    return (_metadata(found) for found in islice(objects, config.max_items))


def _metadata(found: Mapping[str, Any]) -> Json:
    return {
        "Etag": found["ETag"],
        "Key": found["Key"],
        "LastModified": int(found["LastModified"].timestamp()),
        "Size": found["Size"],
        "StorageClass": found.get("StorageClass", "STANDARD"),
    }
