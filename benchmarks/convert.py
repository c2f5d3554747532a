"""`make bench-convert`: generated CSV files, converted side by side by ways that people use.

The same rows come as one file, with line ends inside quotes, compressed, and as twenty files.

Two convert under the contract, with every check, and report each rejected row: the Glue job and
the small path. The others are the yardsticks: the naive Spark job, the Spark job as samples have
it, and DuckDB and Polars without any check, which are the limit.

Each contender is a process of its own. CPU seconds and peak memory are those of the process and
its children, the JVM among them, and each starts what it needs: the jobs with SQL a session, the
Glue job a context. Seconds are those of the conversion, without starting Python, the JVM or Spark.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pipeline.contracts.contract import Contract
from pipeline.runs.manifest import findings_document, manifest_document
from pipeline.text.byte_source import LocalFile
from pipeline.text.content_scan import scan_content
from pipeline.text.file_text import text_of

# ruff: noqa: PLC0415 - a contender imports only what it uses, which is part of what it costs

MEGABYTE = 1_000_000
FAULTY_ROWS = 0.001
ROWS_PER_PART = 50_000
SAMPLE_SECONDS = 0.1
SPARK_OPTIONS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "4g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}

CONTRACT: dict[str, Any] = {
    "name": "orders",
    "encoding": "utf-8",
    "dialect": {"delimiter": ",", "quoteChar": '"'},
    "schema": {
        "fields": [
            {"name": "id", "type": "string", "constraints": {"pattern": "O[0-9]{9}"}},
            {"name": "mail", "type": "string", "constraints": {"required": True, "maxLength": 80}},
            {"name": "name", "type": "string", "constraints": {"minLength": 2, "maxLength": 60}},
            {"name": "city", "type": "string"},
            {"name": "ordered_on", "type": "date", "constraints": {"minimum": "2000-01-01"}},
            {"name": "quantity", "type": "integer", "constraints": {"minimum": 1, "maximum": 999}},
            {"name": "amount", "type": "number", "constraints": {"minimum": 0}},
            {"name": "paid", "type": "boolean"},
            {"name": "state", "type": "string", "constraints": {"enum": ["new", "sent", "back"]}},
        ],
        "primaryKey": ["id"],
        "missingValues": [""],
    },
    "sluice": {"table": "OrdersTable"},
}
FIELDS = [field["name"] for field in CONTRACT["schema"]["fields"]]
CITIES = ("Redwood City", "San Mateo", "Menlo Park", '"Springfield, IL"', "Zürich", "")
STATES = ("new", "sent", "back")


# ------------------------------------------------------------------------------ the file


def rows(count: int, seed: int = 1) -> Iterator[str]:
    """Rows of about 100 bytes; one in a thousand breaks a rule."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for number in range(count):
        fault = chance.random() < FAULTY_ROWS
        quantity = "many" if fault else str(chance.randint(1, 999))
        day = f"20{number % 25:02d}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        yield (
            f"O{number:09d},customer{number % 90_000}@example.com,Customer {number % 7919} Smith,"
            f"{CITIES[number % 6]},{day},{quantity},{chance.randint(100, 99_999) / 100:.2f},"
            f"{'true' if number % 3 else 'false'},{STATES[number % 3]}\n"
        )


def multiline_rows(count: int) -> Iterator[str]:
    """The same rows, whose second cell holds a line end in one of eight."""
    for number, row in enumerate(rows(count)):
        key, mail, rest = row.split(",", 2)
        yield row if number % 8 else f'{key},"{mail}\n",{rest}'


def generate(path: Path, megabytes: int, source: Iterator[str]) -> None:
    """Write a file of that size."""
    with path.open("w", encoding="utf-8", newline="") as file:
        size = file.write(",".join(FIELDS) + "\n")
        for row in source:
            if size >= megabytes * MEGABYTE:
                break
            size += file.write(row)


def plain(folder: Path, megabytes: int) -> list[Path]:
    path = folder / f"{megabytes}.csv"
    generate(path, megabytes, rows(megabytes * MEGABYTE))
    return [path]


def multiline(folder: Path, megabytes: int) -> list[Path]:
    path = folder / f"{megabytes}-multiline.csv"
    generate(path, megabytes, multiline_rows(megabytes * MEGABYTE))
    return [path]


def zipped(folder: Path, megabytes: int) -> list[Path]:
    (path,) = plain(folder, megabytes)
    target = path.with_suffix(".csv.gz")
    with path.open("rb") as text, gzip.open(target, "wb", compresslevel=6) as output:
        shutil.copyfileobj(text, output, MEGABYTE)
    path.unlink()
    return [target]


def twenty(folder: Path, megabytes: int) -> list[Path]:
    (path,) = plain(folder, -(-megabytes // 20))
    copies = [path.with_name(f"{number}-{path.name}") for number in range(20)]
    for copy in copies:
        shutil.copyfile(path, copy)
    path.unlink()
    return copies


SHAPES: dict[str, Callable[[Path, int], list[Path]]] = {
    "plain": plain,
    "multiline": multiline,
    "gzip": zipped,
    "20 files": twenty,
}


def planned(sources: Sequence[Path], folder: Path) -> tuple[Path, int]:
    """Write the manifest that the validators and Plan Conversion would write; count the records.

    Of a compressed file the text is stored, as Validate Content does on its way.
    """
    contract = Contract.parse(CONTRACT)
    files = []
    for index, source in enumerate(sources):
        text = folder / f"{index:04d}.csv"
        if source.suffix == ".gz":
            with text.open("wb") as output:
                output.writelines(text_of(LocalFile(source), "gzip"))
        else:
            text.symlink_to(source)
        content = scan_content(LocalFile(text).pieces(), contract.dialect)
        file = {
            "index": index,
            "bucket": "landing",
            "key": f"incoming/orders/{source.name}",
            "version_id": f"v{index}",
            "etag": "e",
            "size_bytes": source.stat().st_size,
            "source_version": "2026-01-01T00:00:00Z#0000#00000000",
            "compression": None,
        }
        header = {"columns": FIELDS, "bom": False, "lines": 1}
        files.append((text.as_uri(), findings_document(file, header, content.findings())))
    manifest = manifest_document(
        run_id="bench", contract=contract, files=files, rows_per_part=ROWS_PER_PART
    )
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest))
    return path, sum(file["records"] for file in manifest["files"])


# ------------------------------------------------------------------------------ contenders


def spark_context() -> Any:
    from pyspark import SparkConf, SparkContext

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf().setAppName("bench").setAll(list(SPARK_OPTIONS.items()))
    context = SparkContext.getOrCreate(conf)
    context.setLogLevel("ERROR")
    return context


def spark_session() -> Any:
    """A session that has worked once: SQL costs a JVM eight CPU seconds before its first row."""
    from pyspark.sql import SparkSession

    session = SparkSession(spark_context())
    session.range(1).collect()
    return session


def glue_job(_: Sequence[Path], manifest: Path, target: Path) -> float:
    from conversion.archive import archive_name, engine_archive
    from glue_jobs.csv_to_json import convert_on, load_engine

    context = spark_context()
    archive = engine_archive()
    engine = manifest.with_name(archive_name(archive))
    engine.write_bytes(archive)
    started = time.monotonic()
    context.addPyFile(str(load_engine(engine.as_uri(), target.parent)))
    convert_on(context, json.loads(manifest.read_text()), target.as_uri() + "/")
    return time.monotonic() - started


def naive_spark(sources: Sequence[Path], _: Path, target: Path) -> float:
    spark = spark_session()
    started = time.monotonic()
    spark.read.csv([str(source) for source in sources], header=True).write.json(str(target))
    return time.monotonic() - started


def sample_spark(sources: Sequence[Path], _: Path, target: Path) -> float:
    """As in most published samples: infer the types, filter, count both sides, write."""
    spark = spark_session()
    started = time.monotonic()
    paths = [str(source) for source in sources]
    frame = spark.read.csv(paths, header=True, inferSchema=True)
    good = "id is not null and mail is not null and quantity between 1 and 999"
    valid, rejected = frame.filter(good), frame.filter(f"not ({good})")
    assert frame.count() >= valid.count() + rejected.count()
    valid.write.json(str(target))
    return time.monotonic() - started


def plain_duckdb(sources: Sequence[Path], _: Path, target: Path) -> float:
    import duckdb

    started = time.monotonic()
    names = "read_csv($sources, all_varchar = true, header = true)"
    paths = {"sources": [str(source) for source in sources]}
    duckdb.execute(f"copy (from {names}) to '{target}' (format json)", paths)
    return time.monotonic() - started


def plain_polars(sources: Sequence[Path], _: Path, target: Path) -> float:
    import polars as pl

    started = time.monotonic()
    pl.scan_csv(list(sources), infer_schema=False).sink_ndjson(target)
    return time.monotonic() - started


def small_path(_: Sequence[Path], manifest: Path, target: Path) -> float:
    from sluice.files.engines import with_duckdb

    started = time.monotonic()
    with_duckdb(json.loads(manifest.read_text()), target)
    return time.monotonic() - started


CONTENDERS: dict[str, Callable[[Sequence[Path], Path, Path], float]] = {
    "glue-job": glue_job,
    "small-path": small_path,
    "naive-spark": naive_spark,
    "sample-spark": sample_spark,
    "plain-duckdb": plain_duckdb,
    "plain-polars": plain_polars,
}


# ------------------------------------------------------------------------------ measuring


@dataclass(frozen=True, kw_only=True)
class Result:
    name: str
    rows: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    def __str__(self) -> str:
        rate = self.rows / self.seconds / 1000
        return (
            f"{self.name:14} {self.seconds:7.1f} s {rate:8.0f} k rows/s"
            f" {self.cpu_seconds:8.1f} CPU s {self.peak_bytes / MEGABYTE:8.0f} MB"
        )


class Meter(threading.Thread):
    """Watches a process and its children: CPU seconds of all, the peak of their memory."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.root = psutil.Process(pid)
        self.cpu_of: dict[int, float] = {}
        self.peak_bytes = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(SAMPLE_SECONDS):
            resident = 0
            for process in self._family():
                try:
                    times = process.cpu_times()
                    resident += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
                self.cpu_of[process.pid] = times.user + times.system
            self.peak_bytes = max(self.peak_bytes, resident)

    def _family(self) -> list[psutil.Process]:
        try:
            return [self.root, *self.root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def measure(name: str, sources: Sequence[Path], scratch: Path) -> Result:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        manifest, records = planned(sources, Path(folder))
        command = [sys.executable, "-m", "benchmarks.convert", "--contender", name]
        command += [str(manifest), f"{folder}/out", *map(str, sources)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        meter = Meter(process.pid)
        meter.start()
        printed, _ = process.communicate()
        meter.done.set()
        meter.join()
    if process.returncode:
        raise SystemExit(f"{name} failed")
    return Result(
        name=name,
        rows=records,
        seconds=float(printed.splitlines()[-1]),
        cpu_seconds=sum(meter.cpu_of.values()),
        peak_bytes=meter.peak_bytes,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[300])
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--contender", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        name, manifest, target, *sources = arguments.contender
        seconds = CONTENDERS[name]([Path(one) for one in sources], Path(manifest), Path(target))
        sys.stdout.write(str(seconds))
        return
    for megabytes in arguments.megabytes:
        for shape in arguments.shapes:
            with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
                sources = SHAPES[shape](Path(scratch), megabytes)
                print(f"{megabytes} MB, {shape}, {len(FIELDS)} columns")
                for _ in range(arguments.rounds):
                    for name in arguments.only:
                        print(measure(name, sources, Path(scratch)), flush=True)


if __name__ == "__main__":
    main()
