"""The items in the bytes that an ItemReader fetched.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.maps.config import (
    HeaderLocation,
    InputType,
    ManifestType,
    ReaderConfig,
)
from localcloud.stepfunctions.maps.csv_rows import rows
from localcloud.stepfunctions.query.json_text import loads
from localcloud.stepfunctions.query.scope import Json

Fetch = Callable[[str, str], bytes]  # bucket, key -> the object's bytes

FAILED: Final = "States.ItemReaderFailed"

_GZIP: Final = b"\x1f\x8b"
_ZSTANDARD: Final = b"\x28\xb5\x2f\xfd"
_LISTED: Final = "arn:aws:s3:::"


def read_items(config: ReaderConfig, body: bytes, fetch: Fetch) -> Iterator[Json]:
    """The items of a file, at most `config.max_items` of them, in its order.

    `fetch` brings the files that a manifest names.

    Raises:
        StatesError: `States.ItemReaderFailed`, the file is not what `config` says.
    """
    return islice(_all_items(config, body, fetch), config.max_items)


def read_objects(config: ReaderConfig, bodies: Iterator[bytes]) -> Iterator[Json]:
    """The items of all files of a listing (`LOAD_AND_FLATTEN`), at most `config.max_items`.

    Raises:
        StatesError: `States.ItemReaderFailed`, a file is not what `config` says.
    """
    return islice((item for body in bodies for item in _file_items(config, body)), config.max_items)


def _all_items(config: ReaderConfig, body: bytes, fetch: Fetch) -> Iterator[Json]:
    if config.manifest_type is ManifestType.ATHENA_DATA:
        return _athena_manifest(config, body, fetch)
    if config.input_type is InputType.MANIFEST or config.manifest_type is not None:
        return _inventory_manifest(body, fetch)
    return _file_items(config, body)


def _file_items(config: ReaderConfig, body: bytes) -> Iterator[Json]:
    if config.input_type is InputType.PARQUET:
        return _parquet(body)
    data = _decompressed(body)
    if config.input_type is InputType.CSV:
        return _csv(config, data)
    if config.input_type is InputType.JSONL:
        return _json_lines(data)
    return _json(config, data)


def _decompressed(body: bytes) -> bytes:
    try:
        if body.startswith(_GZIP):
            return gzip.decompress(body)
        if body.startswith(_ZSTANDARD):
            import pyarrow as pa  # noqa: PLC0415 - heavy, and seldom needed

            return bytes(pa.CompressedInputStream(pa.BufferReader(body), "zstd").read())
    except (OSError, EOFError, zlib.error) as error:
        raise StatesError(FAILED, "The file could not be decompressed.") from error
    return body


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StatesError(FAILED, "The file is not encoded as UTF-8.") from error


def _json(config: ReaderConfig, data: bytes) -> Iterator[Json]:
    try:
        document = loads(_text(data))
    except ValueError as error:
        raise StatesError(FAILED, f"The file is not valid JSON: {error}") from error
    if config.items_pointer:
        document = _pointed(document, config.items_pointer)
    if not isinstance(document, list):
        raise StatesError(FAILED, "Attempting to map over non-iterable node.")
    return iter(document)


def _pointed(document: Json, pointer: str) -> Json:
    """The value at a JSON pointer (RFC 6901)."""
    node = document
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            raise StatesError(FAILED, f"The ItemsPointer '{pointer}' does not match the file.")
    return node


def _json_lines(data: bytes) -> Iterator[Json]:
    for number, line in enumerate(_text(data).split("\n"), 1):
        if line.strip():
            try:
                yield loads(line)
            except ValueError as error:
                raise StatesError(FAILED, f"Line {number} is not valid JSON: {error}") from error


def _csv(config: ReaderConfig, data: bytes) -> Iterator[Json]:
    lines = rows(_text(data), config.delimiter)
    headers = (
        config.headers if config.header_location is HeaderLocation.GIVEN else next(lines, None)
    )
    if headers is None:
        raise StatesError(FAILED, "CSV file has no header row.")
    if len(set(headers)) < len(headers):
        raise StatesError(FAILED, "CSV headers cannot contain duplicates.")
    return _records(headers, lines)


def _records(headers: Sequence[str], lines: Iterator[list[str]]) -> Iterator[dict[str, str]]:
    """Rows as objects: missing cells are empty, surplus cells dropped."""
    width = len(headers)
    for row in lines:
        cells = row if len(row) >= width else row + [""] * (width - len(row))
        yield dict(zip(headers, cells, strict=False))


def _parquet(body: bytes) -> Iterator[Json]:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and seldom needed
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        for batch in pq.ParquetFile(pa.BufferReader(body)).iter_batches():
            for row in batch.to_pylist():
                yield _plain(row)
    except pa.ArrowInvalid as error:
        raise StatesError(FAILED, "The file is not valid Parquet.") from error


def _plain(value: Json) -> Json:
    """A Parquet value as JSON: what JSON lacks becomes text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _athena_manifest(config: ReaderConfig, body: bytes, fetch: Fetch) -> Iterator[Json]:
    """The items of all files that the manifest of an `UNLOAD` lists, one S3 URI a line."""
    for line in _text(body).splitlines():
        uri = line.strip().strip('"')
        if uri:
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            yield from _file_items(config, fetch(bucket, key))


def _inventory_manifest(body: bytes, fetch: Fetch) -> Iterator[Json]:
    """The objects that an S3 inventory lists.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
    """
    try:
        manifest = loads(_text(body))
        bucket = manifest["destinationBucket"].removeprefix(_LISTED)
        file_format = manifest["fileFormat"]
        columns = [name.strip() for name in manifest["fileSchema"].split(",")]
        keys = [entry["key"] for entry in manifest["files"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StatesError(FAILED, "The file is not an S3 inventory manifest.") from error
    for key in keys:
        data = fetch(bucket, key)
        if file_format == "CSV":
            yield from _records(columns, rows(_text(_decompressed(data)), ","))
        elif file_format == "Parquet":
            yield from _parquet(data)
        else:
            raise StatesError(FAILED, f"Inventories of format {file_format} are not supported.")
