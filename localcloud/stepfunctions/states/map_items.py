"""ItemReader: reads the items of a distributed Map from S3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.stepfunctions.definition.model import MapState
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.maps import readers
from localcloud.stepfunctions.maps.config import ReaderConfig
from localcloud.stepfunctions.query.scope import Json
from localcloud.stepfunctions.visit import Visit


async def read_items(visit: Visit[MapState]) -> list[Json]:
    """The items, at most as many as `MaxItems` allows.

    Raises:
        StatesError: `States.ItemReaderFailed`.
    """
    reader, scope = visit.state.item_reader, visit.scope
    assert reader is not None
    arguments, config = reader.arguments(scope), reader.config(scope)
    runtime = visit.runtime
    source = _list if reader.resource.action == "listObjectsV2" else _read
    return await runtime.workers.submit(
        lambda: _collect(partial(source, runtime.client("s3"), arguments, config))
    )


def _collect(items: partial[Iterator[Json]]) -> list[Json]:
    try:
        return list(items())
    except (ClientError, BotoCoreError) as error:
        raise StatesError("States.ItemReaderFailed", str(error)) from error


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
