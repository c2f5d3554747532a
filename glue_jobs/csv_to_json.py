"""The Glue job Convert CSV To JSON: splits of staged CSV files, converted by the one engine.

Arguments:
    --manifest_uri  the job's order: files with their splits, compiled rules, rows per part
    --output_uri    the folder of this attempt; ``report.json`` in it is written last
    --engine_uri    the archive of the engine's code, named by its sha256

The formats are in docs/reference/formats.md, how the job works in docs/reference/glue_job.md.

Errors:
    ConversionError  the last line of the log is one line that says what went wrong

The job distributes splits and adds up; what a row is worth is decided by ``conversion.engine``,
which the small path runs too. It runs unchanged on Spark 3.5 (Glue 5.1) and Spark 4.1, on
``s3://`` and on ``file://``.
"""

from __future__ import annotations

import argparse
import compileall
import functools
import gc
import hashlib
import importlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any
from urllib.parse import unquote, urlsplit

from pyspark import SparkContext

_OWN_ERROR = re.compile(r"^(?:\w+\.)*(\w*Error: .*)$", re.MULTILINE)


class ConversionError(Exception):
    """The conversion cannot go on; the message is one line for the operator."""


def main(argv: Sequence[str]) -> None:
    """Run the job; Glue adds arguments of its own, which are ignored.

    The JVM stops the context as this process ends. To stop it here would take up to a second,
    in which PySpark waits for its server of accumulators. Nor does this process look for garbage
    among what PySpark and botocore have made, as it ends: that is frozen once both are imported,
    and before DuckDB is, which would tell of leaks.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("--manifest_uri", "--output_uri", "--engine_uri"):
        parser.add_argument(name, required=True)
    given, _ = parser.parse_known_args(argv)
    with ThreadPoolExecutor(1) as aside, tempfile.TemporaryDirectory() as folder:
        order = aside.submit(content_of, given.manifest_uri)
        aside.submit(gc.freeze)
        engine = aside.submit(load_engine, given.engine_uri, Path(folder))
        context = spark_context()
        try:
            context.addPyFile(str(engine.result()))
            report = convert_on(context, json.loads(order.result()), given.output_uri)
        except ConversionError:
            raise
        except Exception as error:  # noqa: BLE001 - the outermost one
            raise ConversionError(one_line(error)) from None
    print(json.dumps(report["counts"] | {"seconds": report["seconds"]}))  # noqa: T201 - the log


def spark_context() -> SparkContext:
    """Return the context; made known to Glue, where there is Glue, whose metrics ask for that."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    context = SparkContext.getOrCreate()
    try:
        from awsglue.context import GlueContext  # noqa: PLC0415 - AWS Glue alone has it
    except ImportError:
        print("SparkContext")  # noqa: T201 - the log
    else:
        GlueContext(context)
        print("GlueContext")  # noqa: T201 - the log
    return context


def load_engine(uri: str, folder: Path) -> Path:
    """Import the engine from its archive, while Spark starts; return where the archive lies.

    Raises:
        ConversionError: The archive's bytes are not those that its name vouches for.
    """
    archive = content_of(uri)
    digest = hashlib.sha256(archive).hexdigest()
    name = uri.rpartition("/")[2]
    if name != f"{digest}.zip":
        raise ConversionError(f"the archive {name} has the sha256 {digest}: it was exchanged")
    path = with_byte_code(archive, folder)
    sys.path.insert(0, str(path))
    importlib.import_module("conversion.spark")
    return path


def with_byte_code(archive: bytes, folder: Path) -> Path:
    """Store the archive with its modules compiled, so that no worker has to compile them.

    Spark sees to it that workers run the Python of this process, and refuses a file that has the
    name of another one: this one, too, is named by its sha256.
    """
    modules = folder / "engine"
    with zipfile.ZipFile(io.BytesIO(archive)) as sources:
        sources.extractall(modules)
    never_checked = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(modules, quiet=1, legacy=True, invalidation_mode=never_checked)
    compiled = Path(shutil.make_archive(str(modules), "zip", modules))
    return compiled.rename(folder / f"{hashlib.sha256(compiled.read_bytes()).hexdigest()}.zip")


def convert_on(
    context: SparkContext, manifest: Mapping[str, Any], output_uri: str
) -> dict[str, Any]:
    """Convert what the manifest lists and return the report, which is stored last.

    Raises:
        ConversionError: The attempt has a report already.
    """
    from conversion.account import outcome, store_account  # noqa: PLC0415 - from the archive
    from conversion.conversion import convert  # noqa: PLC0415
    from conversion.spark import SparkWorkers  # noqa: PLC0415
    from conversion.storage import storage_at  # noqa: PLC0415
    from pipeline.runs.report import report_document  # noqa: PLC0415

    started = time.monotonic()
    storage = storage_at(output_uri, s3)
    shared = context.broadcast(manifest)
    workers = SparkWorkers(context=context, manifest=shared, output_uri=output_uri)
    judged = convert(manifest, workers)
    shared.unpersist()
    result = outcome(
        manifest,
        judged,
        storage,
        engine="spark",
        engine_version=context.version,
        seconds=time.monotonic() - started,
    )
    if not store_account(manifest, result, storage):
        raise ConversionError(f"{output_uri} has a report already: an attempt is never repeated")
    return report_document(manifest, result)


def content_of(uri: str) -> bytes:
    """Return the bytes of a small object."""
    place = urlsplit(uri)
    if place.scheme == "file":
        return Path(unquote(place.path)).read_bytes()
    body = s3().get_object(Bucket=place.netloc, Key=uri.split("/", 3)[3])["Body"]
    return bytes(body.read())


@functools.cache
def s3() -> Any:
    """Return the S3 client of this process: all of boto3's that the job calls is botocore's."""
    import botocore.session  # noqa: PLC0415 - not needed for local files

    return botocore.session.get_session().create_client("s3")


def one_line(error: BaseException) -> str:
    """Return what went wrong, in a task or here, without the stacks that Spark prints with it."""
    text = str(getattr(error, "java_exception", None) or error)
    if own := _OWN_ERROR.findall(text):
        return str(own[-1])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


if __name__ == "__main__":
    main(sys.argv[1:])
